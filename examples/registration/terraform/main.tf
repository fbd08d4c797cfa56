# The exporter's application in Entra ID, as docs/REGISTRATION.md tells: a certificate as its credential, and no
# permission that it does not need. Whoever applies it must be allowed to grant admin consent.

terraform {
  required_providers {
    azuread = {
      source  = "hashicorp/azuread"
      version = "~> 3.0"
    }
  }
}

variable "permissions" {
  description = "Application permissions of Microsoft Graph: docs/CONFIGURATION.md tells which a configuration needs."
  type        = set(string)
  default     = ["Presence.Read.All", "User.Read.All"]
}

variable "certificates" {
  description = "Files of certificates, the public part alone. While one replaces another, both."
  type        = set(string)
  default     = ["teams-presence.crt"]
}

data "azuread_client_config" "current" {}

data "azuread_application_published_app_ids" "well_known" {}

data "azuread_service_principal" "graph" {
  client_id = data.azuread_application_published_app_ids.well_known.result["MicrosoftGraph"]
}

resource "azuread_application" "exporter" {
  display_name     = "teams-presence-exporter"
  sign_in_audience = "AzureADMyOrg"

  required_resource_access {
    resource_app_id = data.azuread_service_principal.graph.client_id

    dynamic "resource_access" {
      for_each = var.permissions
      content {
        id   = data.azuread_service_principal.graph.app_role_ids[resource_access.value]
        type = "Role"
      }
    }
  }
}

resource "azuread_service_principal" "exporter" {
  client_id = azuread_application.exporter.client_id
}

# Admin consent is this: the roles are assigned.
resource "azuread_app_role_assignment" "graph" {
  for_each            = var.permissions
  app_role_id         = data.azuread_service_principal.graph.app_role_ids[each.value]
  principal_object_id = azuread_service_principal.exporter.object_id
  resource_object_id  = data.azuread_service_principal.graph.object_id
}

resource "azuread_application_certificate" "exporter" {
  for_each       = var.certificates
  application_id = azuread_application.exporter.id
  type           = "AsymmetricX509Cert"
  encoding       = "pem"
  value          = file(each.value)
}

output "tenant_id" {
  value = data.azuread_client_config.current.tenant_id
}

output "client_id" {
  value = azuread_application.exporter.client_id
}

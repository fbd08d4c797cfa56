#!/usr/bin/env bash
# Registers the exporter's application with the Azure CLI, as docs/REGISTRATION.md tells: a certificate as its
# credential, and no permission that it does not need.
#
#   az login --tenant contoso.onmicrosoft.com --allow-no-subscriptions
#   bash register.sh Presence.Read.All User.Read.All
#
# The arguments are the application permissions; without any it is these two. NAME is what the application is called,
# DAYS how many days the certificate is good. It writes teams-presence.pem, the key and the certificate, which is
# the exporter's, and teams-presence.crt, the certificate alone, into the folder where it is started.
set -euo pipefail

NAME=${NAME:-teams-presence-exporter}
DAYS=${DAYS:-365}
GRAPH=00000003-0000-0000-c000-000000000000 # Microsoft Graph, in every tenant
[ $# -gt 0 ] || set -- Presence.Read.All User.Read.All

say() { printf '%s\n' "$*" >&2; }

if [ -e teams-presence.pem ]; then
  say "teams-presence.pem is there already; move it away, or go on by hand: docs/REGISTRATION.md"
  exit 1
fi

# First of all: a slip of the pen leaves nothing behind.
roles=()
for permission in "$@"; do
  role=$(az ad sp show --id "$GRAPH" --query "appRoles[?value=='$permission'].id" --output tsv)
  if [ -z "$role" ]; then
    say "Microsoft Graph has no application permission $permission; is it spelled right?"
    exit 1
  fi
  roles+=("$role=$permission")
done

say "Making a certificate that is good for $DAYS days ..."
umask 077
openssl req -x509 -newkey rsa:3072 -sha256 -days "$DAYS" -nodes -subj "/CN=$NAME" \
  -keyout teams-presence.key -out teams-presence.crt 2>/dev/null
cat teams-presence.key teams-presence.crt >teams-presence.pem
rm teams-presence.key

say "Registering $NAME ..."
app=$(az ad app create --display-name "$NAME" --sign-in-audience AzureADMyOrg --query appId --output tsv)
az ad sp create --id "$app" --output none

say "Giving it the certificate ..."
az ad app credential reset --id "$app" --append --cert @teams-presence.crt --output none

for role in "${roles[@]}"; do
  say "Asking for ${role#*=} ..."
  az ad app permission add --id "$app" --api "$GRAPH" --api-permissions "${role%=*}=Role" --output none
done

say "Granting admin consent; a new application takes a while to be known everywhere ..."
granted=
for _ in 1 2 3 4 5 6; do
  if az ad app permission admin-consent --id "$app" --output none; then
    granted=yes
    break
  fi
  sleep 10
done
if [ -z "$granted" ]; then
  say "Consent was not granted: let an administrator do it in the Entra admin center (App registrations > $NAME >"
  say "API permissions > Grant admin consent). All the rest is done."
fi

tenant=$(az account show --query tenantId --output tsv)
cat <<END
tenants:
  - name: contoso
    tenant_id: $tenant
    client_id: $app
    credential:
      client_certificate_file: teams-presence.pem
END

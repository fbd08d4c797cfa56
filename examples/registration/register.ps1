# Registers the exporter's application with Microsoft Graph PowerShell, as docs/REGISTRATION.md tells: a certificate as
# its credential, and no permission that it does not need.
#
#   Install-Module Microsoft.Graph.Applications -Scope CurrentUser
#   ./register.ps1 -TenantId contoso.onmicrosoft.com -Certificate teams-presence.crt
#
# The certificate is the public part alone; docs/REGISTRATION.md has the line that makes one.
param(
    [Parameter(Mandatory)] [string] $TenantId,
    [Parameter(Mandatory)] [string] $Certificate,
    [string[]] $Permissions = @('Presence.Read.All', 'User.Read.All'),
    [string] $Name = 'teams-presence-exporter',
    # In which cloud the tenant lives: USGov is GCC High, USGovDoD is DoD.
    [string] $Environment = 'Global'
)
$ErrorActionPreference = 'Stop'

Connect-MgGraph -TenantId $TenantId -Environment $Environment -NoWelcome -Scopes 'Application.ReadWrite.All', 'AppRoleAssignment.ReadWrite.All'

# Microsoft Graph, in every tenant.
$graph = Get-MgServicePrincipal -Filter "appId eq '00000003-0000-0000-c000-000000000000'"
$roles = foreach ($permission in $Permissions) {
    $role = $graph.AppRoles | Where-Object { $_.Value -eq $permission -and $_.AllowedMemberTypes -contains 'Application' }
    if (-not $role) { throw "Microsoft Graph has no application permission $permission; is it spelled right?" }
    $role
}

$public = [Security.Cryptography.X509Certificates.X509Certificate2]::new((Resolve-Path $Certificate).Path)
$app = New-MgApplication -DisplayName $Name -SignInAudience 'AzureADMyOrg' `
    -KeyCredentials @(@{ Type = 'AsymmetricX509Cert'; Usage = 'Verify'; Key = $public.RawData }) `
    -RequiredResourceAccess @(@{
        ResourceAppId  = $graph.AppId
        ResourceAccess = @($roles | ForEach-Object { @{ Id = $_.Id; Type = 'Role' } })
    })
$principal = New-MgServicePrincipal -AppId $app.AppId

# Admin consent is this: the roles are assigned.
foreach ($role in $roles) {
    New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $principal.Id -PrincipalId $principal.Id `
        -ResourceId $graph.Id -AppRoleId $role.Id | Out-Null
}

@"
tenants:
  - name: contoso
    tenant_id: $((Get-MgContext).TenantId)
    client_id: $($app.AppId)
    credential:
      client_certificate_file: teams-presence.pem
"@

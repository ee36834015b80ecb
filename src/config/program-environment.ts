/** What programs need to start, to find their files and keyrings, and to reach the network. */
const NAMES: ReadonlySet<string> = new Set(
  `
    PATH HOME USER LOGNAME SHELL LANG TZ TMPDIR TEMP TMP PWD
    DISPLAY WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS SSH_AUTH_SOCK GNUPGHOME GPG_TTY
    DOCKER_CONFIG KUBECONFIG SSL_CERT_FILE SSL_CERT_DIR HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY
    SYSTEMROOT SYSTEMDRIVE WINDIR COMSPEC PATHEXT APPDATA LOCALAPPDATA PROGRAMDATA PROGRAMFILES
    USERPROFILE USERNAME USERDOMAIN HOMEDRIVE HOMEPATH COMPUTERNAME
  `
    .trim()
    .split(/\s+/),
)
/** Locales, directories of the desktop, and the accounts of clouds whose helpers log in with them. */
const BEGINNINGS =
  /^(?:LC_|XDG_|AWS_|ECR_|AMAZON_|GOOGLE_|GCLOUD_|CLOUDSDK_|GCE_|AZURE_|MSI_|IDENTITY_|ACR_|OCI_CLI_|PASSWORD_STORE_)/

/**
 * The variables that a program of somebody else gets, such as a credential helper: never a password of wasmpack, cosign or another
 * registry. WASMPACK_CREDENTIAL_HELPER_ENV names others, separated by commas. Windows compares names without case.
 */
export function readProgramEnvironment(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> {
  const more = new Set(
    (environment['WASMPACK_CREDENTIAL_HELPER_ENV'] ?? '').split(',').map((name) => name.trim()),
  )
  const passed: Record<string, string> = {}
  for (const [name, value] of Object.entries(environment)) {
    const upper = name.toUpperCase()
    const isPassed = NAMES.has(upper) || BEGINNINGS.test(upper) || more.has(name)
    if (value !== undefined && isPassed) passed[name] = value
  }
  return passed
}

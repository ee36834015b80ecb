/** Names of variables that hold a secret, of whomever. */
const SECRET =
  /PASS(?:WORD|WD|PHRASE)|(?:^|_)(?:PASS|PSW|PWD|PAT)$|SECRET|TOKEN|CREDENTIAL|AUTH|PRIVATE|API_?KEY|ACCESS_?KEY|_KEY$|^(?:WASMPACK|COSIGN|SIGSTORE)_/
/** Those that programs need to reach a keyring or an agent, and the accounts of clouds whose helpers log in with them. */
const NEEDED =
  /^(?:PWD|OLDPWD|SSH_AUTH_SOCK|XAUTHORITY|PASSWORD_STORE_\w*)$|^(?:AWS|ECR|AMAZON|GOOGLE|GCLOUD|CLOUDSDK|GCE|AZURE|MSI|IDENTITY|ACR|OCI_CLI)_/
const PROXY = /^(?:HTTPS?|ALL|NO)_PROXY$/
/** A URL with a password. */
const USER_IN_URL = /:\/\/[^\s/@]*:[^\s@]*@/

/**
 * The variables that a program of somebody else gets, such as a credential helper: no secret of wasmpack, cosign or another registry.
 * WASMPACK_CREDENTIAL_HELPER_ENV names secrets that are passed on, separated by commas. Windows compares names without case.
 */
export function readProgramEnvironment(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> {
  const named = new Set(
    (environment['WASMPACK_CREDENTIAL_HELPER_ENV'] ?? '').split(',').map((name) => name.trim()),
  )
  const passed: Record<string, string> = {}
  for (const [name, value] of Object.entries(environment)) {
    const upper = name.toUpperCase()
    const isNeeded = named.has(name) || NEEDED.test(upper) || PROXY.test(upper)
    const isSecret = SECRET.test(upper) || USER_IN_URL.test(value ?? '')
    if (value !== undefined && (isNeeded || !isSecret)) passed[name] = value
  }
  return passed
}

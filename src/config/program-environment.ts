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
 * The variables that another program gets, such as a credential helper or a browser: no secret of wasmpack, cosign or another registry,
 * but those whose names match `own`, in upper case. WASMPACK_CREDENTIAL_HELPER_ENV names further ones, separated by commas.
 */
export function readProgramEnvironment(own?: RegExp): Record<string, string> {
  const named = new Set(
    (process.env['WASMPACK_CREDENTIAL_HELPER_ENV'] ?? '').split(',').map((name) => name.trim()),
  )
  const passed: Record<string, string> = {}
  for (const [name, value] of Object.entries(process.env)) {
    const upper = name.toUpperCase()
    const isNeeded = named.has(name) || own?.test(upper) === true || NEEDED.test(upper) || PROXY.test(upper)
    const isSecret = SECRET.test(upper) || USER_IN_URL.test(value ?? '')
    if (value !== undefined && (isNeeded || !isSecret)) passed[name] = value
  }
  return passed
}

import { CREDENTIAL_FILE } from '../../../config/credential-file.ts'
import { WasmpackError } from '../../../errors.ts'
import { isRecord } from '../../../json.ts'
import { type Credential, isBearerToken, toWireHost } from './credential.ts'

type AuthEntry = Readonly<Record<string, unknown>>

/** The credential settings of Docker's config.json or podman's auth.json. */
export interface DockerConfig {
  /** By key in lower case: a host, Docker Hub's URL, or in podman's files a part of a registry. */
  readonly auths: ReadonlyMap<string, AuthEntry>
  /** By key in lower case; an empty one keeps the credentials in the file. */
  readonly credHelpers: ReadonlyMap<string, string>
  readonly credsStore: string | undefined
}

/** Docker's key for the credentials of Docker Hub. */
const DOCKER_HUB_KEY = 'https://index.docker.io/v1/'

/** The key that a credential is stored under. */
export const getServerKey = (registry: string): string =>
  toWireHost(registry) === 'registry-1.docker.io' ? DOCKER_HUB_KEY : registry

/** All keys for a registry's credentials, exact ones first; never part of a host or another port. */
export function listKeys(registry: string): readonly string[] {
  const hosts =
    toWireHost(registry) === 'registry-1.docker.io'
      ? ['docker.io', 'index.docker.io', 'registry-1.docker.io']
      : [registry]
  const spellings = hosts.flatMap((host) =>
    ['', '/', '/v1', '/v1/', '/v2', '/v2/'].flatMap((path) =>
      ['', 'https://', 'http://'].map((scheme) => scheme + host + path),
    ),
  )
  return [...new Set([getServerKey(registry), ...spellings])]
}

/**
 * Parses a configuration; `name` is its path or variable. Accepts ~/.dockercfg, which has the entries alone, and a Kubernetes Secret
 * with either file. Throws CREDENTIALS_INVALID without quoting its content.
 */
export function parseDockerConfig(text: string, name: string): DockerConfig {
  const value = parseConfigObject(text, name)
  const secret = findSecret(value, name)
  if (secret !== undefined) return parseDockerConfig(secret.text, `${name}: ${secret.field}`)
  const auths = isFlat(value) ? value : isRecord(value['auths']) ? value['auths'] : {}
  const helpers = isRecord(value['credHelpers']) ? value['credHelpers'] : {}
  const store = value['credsStore']
  return {
    auths: indexByHost(auths, isRecord),
    credHelpers: indexByHost(helpers, (helper) => typeof helper === 'string'),
    credsStore: typeof store === 'string' && store !== '' ? store : undefined,
  }
}

/** Hosts are equal in any case (RFC 3986); a key in lower case has precedence over other spellings. */
function indexByHost<T>(
  entries: Readonly<Record<string, unknown>>,
  isValue: (value: unknown) => value is T,
): ReadonlyMap<string, T> {
  const index = new Map<string, T>()
  for (const [key, value] of Object.entries(entries)) {
    const lower = key.toLowerCase()
    if (isValue(value) && (lower === key || !index.has(lower))) index.set(lower, value)
  }
  return index
}

/** The helper that keeps the credentials of a registry; undefined if the file itself does. */
export function chooseHelper(config: DockerConfig, registry: string): string | undefined {
  const own = listKeys(registry).flatMap((key) => config.credHelpers.get(key) ?? [])
  return own.length > 0 ? own[0] || undefined : config.credsStore
}

/** Whether `login` can write to a file of this form. */
export const isWritable = (value: Readonly<Record<string, unknown>>): boolean =>
  value['kind'] !== 'Secret' && !isFlat(value)

const isFlat = (value: Readonly<Record<string, unknown>>): boolean =>
  !('auths' in value) && Object.values(value).some((entry) => isRecord(entry) && 'auth' in entry)

/** https://kubernetes.io/docs/concepts/configuration/secret/#docker-config-secrets */
function findSecret(
  value: Readonly<Record<string, unknown>>,
  name: string,
): { readonly field: string; readonly text: string } | undefined {
  if (value['kind'] !== 'Secret') return undefined
  for (const [part, decode] of SECRET_PARTS)
    for (const key of ['.dockerconfigjson', '.dockercfg']) {
      const fields = value[part]
      const text = isRecord(fields) ? fields[key] : undefined
      if (typeof text === 'string') return { field: `${part}[${JSON.stringify(key)}]`, text: decode(text) }
    }
  throw invalidConfig(`Secret ${name} has no .dockerconfigjson and no .dockercfg`)
}

const SECRET_PARTS: readonly (readonly [part: string, decode: (text: string) => string])[] = [
  ['stringData', (text) => text],
  ['data', (text) => Buffer.from(text, 'base64').toString('utf8')],
]

const invalidConfig = (what: string, hint: string = CREDENTIAL_FILE.hint): WasmpackError =>
  new WasmpackError('CREDENTIALS_INVALID', what, { hint })

/** The JSON object in a configuration file; an empty file is an empty object. */
export function parseConfigObject(text: string, name: string): Readonly<Record<string, unknown>> {
  // JSON.parse takes no byte order mark, which PowerShell writes; trim removes it too.
  const json = text.trim()
  if (json === '') return {}
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    throw /^kind:\s*Secret\b/m.test(text)
      ? invalidConfig(`${name} is YAML`, 'export the Secret as JSON: kubectl get secret NAME -o json')
      : invalidConfig(`${name} is not JSON`)
  }
  if (!isRecord(value)) throw invalidConfig(`${name} is not a JSON object`)
  return value
}

/** Parses the credential of an entry; `where` names it. Throws CREDENTIALS_INVALID without quoting its content. */
export function parseCredential(entry: AuthEntry, where: string): Credential | undefined {
  const text = (field: string): string => {
    const value = entry[field]
    return typeof value === 'string' ? value : ''
  }
  let [username, password] = [text('username'), text('password')]
  const auth = text('auth')
  if (auth !== '') {
    const decoded = Buffer.from(auth, 'base64').toString('utf8')
    const colon = decoded.indexOf(':')
    if (colon < 0) throw invalidConfig(`${where}.auth is not USER:PASSWORD in base64`)
    // Docker's own entries may end in NUL bytes.
    ;[username, password] = [decoded.slice(0, colon), decoded.slice(colon + 1).replace(/\0+$/, '')]
  }
  const identityToken = text('identitytoken')
  if (identityToken !== '')
    return { kind: 'identity-token', token: identityToken, ...(username === '' ? {} : { username }) }
  const registryToken = text('registrytoken')
  if (registryToken !== '') {
    if (!isBearerToken(registryToken))
      throw invalidConfig(`${where}.registrytoken has characters that no token has`)
    return { kind: 'registry-token', token: registryToken }
  }
  return username === '' && password === '' ? undefined : { kind: 'basic', username, password }
}

import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

/** The roles of a TUF repository. */
type Role = 'root' | 'targets' | 'snapshot' | 'timestamp'

const ROLES: readonly Role[] = ['root', 'targets', 'snapshot', 'timestamp']
const DAY = 24 * 60 * 60 * 1000

interface RoleKey {
  readonly privateKey: KeyObject
  readonly id: string
  readonly json: object
}

export interface PublishOptions {
  /** How long each role's document is valid, in milliseconds; a negative one has expired. */
  readonly validity?: Partial<Record<Role, number>>
}

/** Publishes a repository of The Update Framework with consistent snapshots and one P-256 key for each role. */
export class TufPublisher {
  /** The repository as it is served: its files by path. */
  readonly served = new Map<string, Uint8Array>()
  readonly #versions: Record<Role, number> = { root: 0, targets: 0, snapshot: 0, timestamp: 0 }
  #keys = createKeys()

  readonly #now: number

  /** `now`, in milliseconds since 1970, is when validity begins. */
  constructor(files: Readonly<Record<string, Uint8Array>>, now: number, options: PublishOptions = {}) {
    this.#now = now
    this.#publishRoot([this.#keys.root], options)
    this.publish(files, options)
  }

  /** A root of some version; the first by default. */
  root(version = 1): Uint8Array {
    return this.served.get(`${version}.root.json`)!
  }

  /** Publishes these files, with new documents of all roles but the root. */
  publish(files: Readonly<Record<string, Uint8Array>>, { validity = {} }: PublishOptions = {}): void {
    const targets = Object.fromEntries(
      Object.entries(files).map(([name, bytes]) => {
        this.served.set(`targets/${sha256(bytes)}.${name}`, bytes)
        return [name, { length: bytes.length, hashes: { sha256: sha256(bytes) } }]
      }),
    )
    this.#publishRole('targets', { targets }, validity)
    this.#publishRole('snapshot', { meta: { 'targets.json': { version: this.#versions.targets } } }, validity)
    this.publishTimestamp(this.#versions.snapshot, { validity })
  }

  /** Publishes a new timestamp that names a snapshot of some version. */
  publishTimestamp(version: number, { validity = {} }: PublishOptions = {}): void {
    const snapshot = this.served.get(`${version}.snapshot.json`)!
    const meta = { version, length: snapshot.length, hashes: { sha256: sha256(snapshot) } }
    this.#publishRole('timestamp', { meta: { 'snapshot.json': meta } }, validity)
  }

  /** Publishes a new root with new keys for all roles, signed by the old and the new one; `publish` must follow. */
  rotateRoot(options: PublishOptions = {}): void {
    const old = this.#keys.root
    this.#keys = createKeys()
    this.#publishRoot([old, this.#keys.root], options)
  }

  #publishRoot(signers: readonly RoleKey[], { validity = {} }: PublishOptions): void {
    const keys = Object.fromEntries(ROLES.map((role) => [this.#keys[role].id, this.#keys[role].json]))
    const roles = Object.fromEntries(
      ROLES.map((role) => [role, { keyids: [this.#keys[role].id], threshold: 1 }]),
    )
    const bytes = this.#sign('root', { keys, roles, consistent_snapshot: true }, validity, signers)
    this.served.set(`${this.#versions.root}.root.json`, bytes)
    this.served.set('root.json', bytes)
  }

  #publishRole(role: Role, content: object, validity: PublishOptions['validity'] & object): void {
    const bytes = this.#sign(role, content, validity, [this.#keys[role]])
    this.served.set(role === 'timestamp' ? 'timestamp.json' : `${this.#versions[role]}.${role}.json`, bytes)
  }

  #sign(
    role: Role,
    content: object,
    validity: PublishOptions['validity'] & object,
    signers: readonly RoleKey[],
  ): Uint8Array {
    this.#versions[role] += 1
    const expires = new Date(this.#now + (validity[role] ?? DAY)).toISOString().replace(/\.\d+/, '')
    const signed = { _type: role, spec_version: '1.0.31', version: this.#versions[role], expires, ...content }
    const signatures = signers.map(({ id, privateKey }) => ({
      keyid: id,
      sig: sign('sha256', Buffer.from(canonicalJson(signed)), privateKey).toString('hex'),
    }))
    return Buffer.from(JSON.stringify({ signatures, signed }))
  }
}

const createKeys = (): Record<Role, RoleKey> =>
  Object.fromEntries(ROLES.map((role) => [role, createKey()])) as Record<Role, RoleKey>

function createKey(): RoleKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const json = {
    keytype: 'ecdsa',
    scheme: 'ecdsa-sha2-nistp256',
    keyval: { public: publicKey.export({ type: 'spki', format: 'pem' }) as string },
  }
  return { privateKey, id: sha256(Buffer.from(canonicalJson(json))), json }
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** OLPC's canonical JSON, which TUF signs: keys are sorted, strings escape quotes and backslashes only. */
function canonicalJson(value: unknown): string {
  if (typeof value === 'string') return `"${value.replace(/["\\]/g, '\\$&')}"`
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const fields = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  return `{${fields.map(([key, field]) => `${canonicalJson(key)}:${canonicalJson(field)}`).join(',')}}`
}

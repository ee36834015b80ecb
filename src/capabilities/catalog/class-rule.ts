import type { ACCESS, CLOCKS, PROXY, STDIO } from '../manifest/formats.ts'

/** How much harm an import of a class can do when the host serves it without limits. */
export type Risk = 'none' | 'low' | 'medium' | 'high'

/**
 * What a capability manifest can grant, by its place below `spec.grants`. `filesystem.rw` is a filesystem grant that lets
 * something be written; reports call it `filesystem`.
 */
export type GrantKey =
  | `stdio.${(typeof STDIO)[number]}`
  | `clocks.${(typeof CLOCKS)[number]}`
  | 'random'
  | 'args'
  | 'cwd'
  | 'exit'
  | 'env'
  | 'filesystem'
  | 'filesystem.rw'
  | 'http.outgoing'
  | 'http.incoming'
  | 'sockets'
  | `sockets.${'tcp' | 'udp' | 'dns' | 'tls'}`
  | 'config'
  | 'secrets'
  | 'keyvalue'
  | `keyvalue.${(typeof ACCESS)[number]}`
  | 'blobstore'
  | `blobstore.${(typeof ACCESS)[number]}`
  | 'messaging'
  | `database.${'postgres' | 'mysql' | 'redis' | 'sqlite'}`
  | `nn.${'graphs' | 'load'}`
  | 'logging'
  | 'telemetry'
  | 'crypto'
  | 'threads'
  | `proxy.${(typeof PROXY)[number]}`
  | 'hostCalls'

/** What imports of one class can do, and what allows them. */
export interface ClassRule {
  /** Completes "it can ...". */
  readonly meaning: string
  readonly risk: Risk
  /** Any one of these allows the import; none means that it needs no grant of its own. */
  readonly grants?: readonly GrantKey[]
  /** These allow it too, but only while the module also imports one of the classes that make them real. */
  readonly alternatives?: readonly { readonly grant: GrantKey; readonly with: readonly string[] }[]
  /** What `init` grants, where that is less than all of `grants`. */
  readonly least?: readonly GrantKey[]
  /** What a person adds below `spec.grants`. */
  readonly example?: string
  /** What the import cannot show, so that only the runtime enforces it. */
  readonly runtime?: string
}

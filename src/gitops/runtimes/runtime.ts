/**
 * The grants that runtimes have a flag or setting for, in the order of the capability manifest, parts before their group.
 */
export const DESCRIBED_GRANTS = [
  'stdio',
  'clocks',
  'random',
  'args',
  'env',
  'filesystem',
  'http.outgoing',
  'sockets.dns',
  'sockets.tls',
  'sockets',
  'config',
  'secrets',
  'keyvalue',
  'blobstore',
  'messaging',
  'database.postgres',
  'database.mysql',
  'database.redis',
  'database.sqlite',
  'nn',
  'crypto',
  'threads',
  'nativeCode',
  'proxy',
  'hostCalls',
] as const

export type DescribedGrant = (typeof DESCRIBED_GRANTS)[number]

/** The flags or settings of one runtime or platform for the grants of a capability manifest. */
export interface Runtime {
  readonly name: string
  /** Flag or setting in Markdown; missing if the runtime has none, or none is documented. */
  readonly grants: Readonly<Partial<Record<DescribedGrant, string>>>
}

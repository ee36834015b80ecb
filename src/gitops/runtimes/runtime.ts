/**
 * The grants that runtimes give by a flag or a setting, in the order of the capability manifest, the particular before the
 * general.
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
  'proxy',
  'hostCalls',
] as const

export type DescribedGrant = (typeof DESCRIBED_GRANTS)[number]

/** What one runtime or platform needs to be told so that it gives what a capability manifest grants. */
export interface Runtime {
  readonly name: string
  /** Its flag or setting in Markdown; a grant that is missing is not offered, or could not be found out. */
  readonly grants: Readonly<Partial<Record<DescribedGrant, string>>>
}

import type { ClassRule, GrantKey } from './class-rule.ts'
import { ACCESS, CLOCKS, PROXY, STDIO } from '../manifest/formats.ts'
import type { Grants } from '../manifest/manifest.ts'

/** Grants that are there or not, whatever they hold. */
const WHOLE = [
  'random',
  'args',
  'cwd',
  'exit',
  'env',
  'filesystem',
  'sockets',
  'config',
  'secrets',
  'keyvalue',
  'blobstore',
  'messaging',
  'logging',
  'telemetry',
  'crypto',
  'threads',
  'hostCalls',
] as const satisfies (GrantKey & keyof Grants)[]

const DATABASES = ['postgres', 'mysql', 'redis', 'sqlite'] as const

/** The grants of a capability manifest as a set; `filesystem` brings `filesystem.rw` if anything, or nothing at all, is writable. */
export function heldGrants(grants: Grants): Set<GrantKey> {
  const held = new Set<GrantKey>()
  const hold = (key: GrantKey, grant: unknown): void => {
    if (grant !== undefined) held.add(key)
  }
  for (const stream of grants.stdio ?? []) held.add(`stdio.${stream}`)
  for (const clock of grants.clocks ?? []) held.add(`clocks.${clock}`)
  for (const key of WHOLE) hold(key, grants[key])
  const directories = grants.filesystem
  if (directories?.length === 0 || directories?.some(({ mode }) => mode === 'rw')) held.add('filesystem.rw')
  for (const key of ['outgoing', 'incoming'] as const) hold(`http.${key}`, grants.http?.[key])
  for (const key of ['tcp', 'udp', 'dns', 'tls'] as const) hold(`sockets.${key}`, grants.sockets?.[key])
  for (const access of grants.keyvalue?.access ?? []) held.add(`keyvalue.${access}`)
  for (const access of grants.blobstore?.access ?? []) held.add(`blobstore.${access}`)
  for (const key of DATABASES) hold(`database.${key}`, grants.database?.[key])
  for (const key of ['graphs', 'load'] as const) hold(`nn.${key}`, grants.nn?.[key])
  for (const family of grants.proxy ?? []) held.add(`proxy.${family}`)
  return held
}

/** Whether grants let imports of a class be there, in a module that imports the given classes. */
export const allowsClass = (
  held: { has(key: GrantKey): boolean },
  { grants, alternatives = [] }: ClassRule,
  imported: ReadonlySet<string | undefined>,
): boolean =>
  grants === undefined ||
  grants.some((key) => held.has(key)) ||
  alternatives.some(
    ({ grant, with: classes }) => held.has(grant) && classes.some((name) => imported.has(name)),
  )

/** The narrowest grants that hold the given ones: every list is empty, so nothing is reached. */
export function leastGrants(keys: ReadonlySet<GrantKey>): Grants {
  const under = <const T extends string>(prefix: string, names: readonly T[]): T[] =>
    names.filter((name) => (keys as ReadonlySet<string>).has(`${prefix}.${name}`))
  const holds = (key: GrantKey): boolean =>
    keys.has(key) || [...keys].some((other) => other.startsWith(`${key}.`))
  const grants: { readonly [K in keyof Grants]-?: Grants[K] | false } = {
    stdio: listed(under('stdio', STDIO)),
    clocks: listed(under('clocks', CLOCKS)),
    random: keys.has('random'),
    args: keys.has('args'),
    cwd: keys.has('cwd'),
    exit: keys.has('exit'),
    env: keys.has('env') && { names: [] },
    filesystem: holds('filesystem') && [],
    http: grouped({
      outgoing: keys.has('http.outgoing') && { hosts: [] },
      incoming: keys.has('http.incoming'),
    }),
    sockets: holds('sockets') && {
      ...grouped({
        tcp: keys.has('sockets.tcp') && { connect: [], listen: [] },
        udp: keys.has('sockets.udp') && { connect: [], listen: [] },
        dns: keys.has('sockets.dns') && [],
        tls: keys.has('sockets.tls') && [],
      }),
    },
    config: keys.has('config') && { keys: [] },
    secrets: keys.has('secrets') && { keys: [] },
    keyvalue: holds('keyvalue') && { stores: [], access: under('keyvalue', ACCESS) },
    blobstore: holds('blobstore') && { containers: [], access: under('blobstore', ACCESS) },
    messaging: keys.has('messaging') && { topics: [] },
    database: grouped(Object.fromEntries(under('database', DATABASES).map((key) => [key, []]))),
    nn: grouped({ graphs: keys.has('nn.graphs') && [], load: keys.has('nn.load') }),
    logging: keys.has('logging'),
    telemetry: keys.has('telemetry'),
    crypto: keys.has('crypto'),
    threads: keys.has('threads'),
    proxy: listed(under('proxy', PROXY)),
    hostCalls: keys.has('hostCalls') && { operations: [] },
  }
  return grouped(grants) || {}
}

const listed = <T>(items: readonly T[]): readonly T[] | false => items.length > 0 && items

/** Without what is `false`; `false` if nothing is left. */
function grouped<T extends object>(
  fields: T,
): { readonly [K in keyof T]?: Exclude<T[K], false | undefined> } | false {
  const entries = Object.entries(fields).filter(([, value]) => value !== false)
  return entries.length > 0 && (Object.fromEntries(entries) as ReturnType<typeof grouped<T>>)
}

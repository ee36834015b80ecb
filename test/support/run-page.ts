import { GRANT_TABLE, type Grants } from '../../src/capabilities/manifest/grant-table.ts'
import type { Bound, Bounds } from '../../src/gitops/render/bounds.ts'
import { listEnforcement } from '../../src/gitops/render/enforcement.ts'
import { RENDER_TARGETS } from '../../src/gitops/render/render.ts'
import type { RenderOptions, RenderTarget } from '../../src/gitops/render/target.ts'
import { grantRows } from '../capabilities/every-grant.ts'

/** A grant or limit whose enforcement the import check leaves to others. */
export interface SampleBound {
  /** As a user would write it. */
  readonly shown: string
  readonly bound: Bound
  readonly grants: Grants
}

const sample = (shown: string, key: string, items: readonly string[], grants: Grants = {}): SampleBound => ({
  shown,
  bound: { key, items, status: 'runtime', isWhole: false },
  grants,
})

const tcp = (connect: readonly string[], listen: readonly string[] = []): Grants => ({
  sockets: { tcp: { connect, listen } },
})

export const SAMPLE_BOUNDS: readonly SampleBound[] = [
  sample('`stdio: [stdout, stderr]`', 'stdio', ['stdout', 'stderr'], { stdio: ['stdout', 'stderr'] }),
  sample('`stdio: [stdout]`', 'stdio', ['stdout'], { stdio: ['stdout'] }),
  sample('`clocks: [wall]`, of two', 'clocks', ['wall'], { clocks: ['wall'] }),
  sample('`env: {names: [LOG_LEVEL]}`', 'env', ['LOG_LEVEL'], { env: { names: ['LOG_LEVEL'] } }),
  sample('`env: {names: ["APP_*"]}`', 'env', ['APP_*'], { env: { names: ['APP_*'] } }),
  sample('`filesystem`, `mode: rw`', 'filesystem', ['/data (rw)'], {
    filesystem: [{ guest: '/data', mode: 'rw' }],
  }),
  sample('`filesystem`, `mode: ro`', 'filesystem', ['/data (ro)'], {
    filesystem: [{ guest: '/data', mode: 'ro' }],
  }),
  sample('`http.outgoing`, a name', 'http.outgoing', ['https://a.example.com'], {
    http: { outgoing: { hosts: ['https://a.example.com'] } },
  }),
  sample('`http.outgoing`, an address', 'http.outgoing', ['http://10.0.0.1'], {
    http: { outgoing: { hosts: ['http://10.0.0.1'] } },
  }),
  sample('`http.outgoing: {hosts: []}`', 'http.outgoing', [], { http: { outgoing: { hosts: [] } } }),
  sample(
    '`sockets.tcp`, connecting to a name',
    'sockets.tcp',
    ['connect db.example.com:5432'],
    tcp(['db.example.com:5432']),
  ),
  sample(
    '`sockets.tcp`, connecting to addresses',
    'sockets.tcp',
    ['connect 10.0.0.0/8:5432'],
    tcp(['10.0.0.0/8:5432']),
  ),
  sample('`sockets.tcp`, listening on `*:80`', 'sockets.tcp', ['listen *:80'], tcp([], ['*:80'])),
  sample('`sockets.udp`, an address', 'sockets.udp', ['connect 10.0.0.1:53'], {
    sockets: { udp: { connect: ['10.0.0.1:53'], listen: [] } },
  }),
  sample('`sockets.dns`, a name', 'sockets.dns', ['db.example.com'], {
    sockets: { dns: ['db.example.com'] },
  }),
  sample('`sockets.tls`, a name', 'sockets.tls', ['db.example.com'], {
    sockets: { tls: ['db.example.com'] },
  }),
  sample('`config`', 'config', ['app/level'], { config: { keys: ['app/level'] } }),
  sample('`secrets`', 'secrets', ['token'], { secrets: { keys: ['token'] } }),
  sample('`keyvalue`', 'keyvalue', ['default'], { keyvalue: { stores: ['default'], access: ['get'] } }),
  sample('`blobstore`', 'blobstore', ['uploads'], {
    blobstore: { containers: ['uploads'], access: ['get'] },
  }),
  sample('`messaging`', 'messaging', ['orders'], { messaging: { topics: ['orders'] } }),
  ...(['postgres', 'mysql', 'redis', 'sqlite'] as const).map((name) =>
    sample(`\`database.${name}\``, `database.${name}`, ['db'], { database: { [name]: ['db'] } }),
  ),
  sample('`nn.graphs`', 'nn.graphs', ['classifier'], { nn: { graphs: ['classifier'] } }),
  sample('`hostCalls`', 'hostCalls', ['oci/v1/verify'], { hostCalls: { operations: ['oci/v1/verify'] } }),
  {
    ...sample('`proxy`', 'proxy', ['log'], { proxy: ['log'] }),
    bound: { key: 'proxy', items: ['log'], status: 'proved', isWhole: true },
  },
  {
    ...sample('a flag, such as `random`', 'random', [], { random: true }),
    bound: { key: 'random', items: [], status: 'proved', isWhole: true },
  },
  {
    ...sample('`hostInterfaces`', 'hostInterfaces', ['acme:app/log']),
    bound: { key: 'hostInterfaces', items: ['acme:app/log'], status: 'runtime', isWhole: true },
  },
  sample('`limits.memory.maxPages`, memory without a maximum', 'limits.memory.maxPages', ['16']),
  sample('`limits.tables.maxElements`, table without a maximum', 'limits.tables.maxElements', ['16']),
  {
    ...sample('any other limit', 'limits.size', ['1024']),
    bound: { key: 'limits.size', items: ['1024'], status: 'proved', isWhole: false },
  },
]

/** Grants with lists or words, which something could narrow. */
export const listNarrowGrants = (): readonly string[] =>
  [...grantRows(GRANT_TABLE)].flatMap(([path, row]) =>
    row.shape === 'flag' || row.shape === 'group' ? [] : [path],
  )

const COLUMNS: readonly (readonly [title: string, target: string, options?: Partial<RenderOptions>])[] = [
  ['wasmtime', 'wasmtime'],
  ['runwasi', 'runwasi'],
  ['runwasi `--network cilium`', 'runwasi', { network: 'cilium' }],
  ['envoy, istio `--restrict`', 'envoy'],
  ['istio', 'istio'],
  ['envoy-gateway', 'envoy-gateway'],
  ['wasmcloud', 'wasmcloud'],
  ['spin', 'spin'],
  ['kubewarden', 'kubewarden'],
  ['image-volume', 'image-volume'],
]

/** `object`, `runtime` or `nobody` for a bound. */
export function judgeSample(
  { bound, grants }: SampleBound,
  target: RenderTarget,
  options: Partial<RenderOptions> = {},
): string {
  const bounds: Bounds = { all: [bound], grants, limits: {} }
  const keepers = target.keep({
    bounds,
    options: { name: 'app', ...options },
    inspection: { kind: 'component' },
  })
  return [...new Set(listEnforcement(bounds, keepers, target.name).map(({ by }) => by))].join(', ')
}

const TABLE = /^\| grant or limit \|.*\n(?:\|.*\n)+/m

/** docs/run.md with the table as the code answers. */
export function withEnforcementRows(page: string): string {
  if (!TABLE.test(page)) throw new Error('docs/run.md has no table of grants')
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const rows = SAMPLE_BOUNDS.map((bound) =>
    line([
      bound.shown,
      ...COLUMNS.map(([, name, options]) =>
        judgeSample(
          bound,
          RENDER_TARGETS.find((target) => target.name === name)!,
          options,
        ),
      ),
    ]),
  )
  const head = line(['grant or limit', ...COLUMNS.map(([title]) => title)])
  return page.replace(TABLE, () => [head, `|${'---|'.repeat(COLUMNS.length + 1)}`, ...rows, ''].join('\n'))
}

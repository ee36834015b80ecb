import { WasmpackError } from '../../errors.ts'
import { quoted } from '../../printable.ts'
import type { Bounds } from './bounds.ts'
import { type Keepers, splitKept } from './enforcement.ts'
import { noteWasi3, requireWasiRole, WASI } from './misfit.ts'
import { PAGE } from './page.ts'
import type { RenderTarget } from './target.ts'

const LINKED = {
  ...WASI,
  packages: WASI.packages.concat(['wasi:config', 'wasi:keyvalue', 'wasi:tls', 'wasi:nn']),
}

/** The settings that link an interface at all, by its package; none of them opens anything by itself but the one for HTTP. */
const LINKING = [
  ['wasi:http/', 'http'],
  ['wasi:config/', 'config'],
  ['wasi:keyvalue/', 'keyvalue'],
  ['wasi:tls/', 'tls'],
  ['wasi:nn/', 'nn'],
] as const

const STREAMS = ['stdin', 'stdout', 'stderr'] as const

/** A command line of Wasmtime: https://docs.wasmtime.dev/cli-options.html */
export const WASMTIME_TARGET: RenderTarget = {
  name: 'wasmtime',
  forms: 'any',
  profile: 'wasm',
  readsFile: true,
  options: ['directories'],
  render: ({ inspection, bounds, options }) => {
    const role = requireWasiRole({ inspection, bounds }, LINKED, 'wasmtime')
    const imports = inspection.kind === 'component' ? inspection.imports : []
    const linking = LINKING.filter(([prefix]) =>
      imports.some((found) => (found.implements ?? found.name).startsWith(prefix)),
    ).flatMap(([, setting]) => ['-S', setting])
    const argv = [
      'wasmtime',
      ...(role === 'server' ? ['serve', '-S', 'cli'] : ['run']),
      ...linking,
      ...closeStreams(bounds),
      ...openNetwork(bounds),
      ...passVariables(bounds),
      ...openDirectories(bounds, options.directories ?? new Map()),
      ...boundMemory(bounds),
      `${options.name}.wasm`,
    ]
    return {
      kind: 'command',
      argv,
      notes: noteWasi3(inspection, 'which Wasmtime 48 and 49 were seen to have'),
    }
  },
  keep: ({ inspection, bounds }) => createKeepers(bounds, inspection.kind),
}

const closeStreams = ({ grants: { stdio = [] } }: Bounds): readonly string[] =>
  STREAMS.flatMap((stream) => (stdio.includes(stream) ? [] : ['-S', `inherit-${stream}=n`]))

const describeStreams = (bounds: Bounds): string =>
  closeStreams(bounds)
    .filter((argument) => argument !== '-S')
    .map((setting) => `-S ${setting}`)
    .join(' ')

const passVariables = ({ grants: { env } }: Bounds): readonly string[] => {
  const names = env?.names ?? []
  return names.includes('*') ? ['-S', 'inherit-env'] : names.filter(isExact).map((name) => `--env=${name}`)
}

const isExact = (name: string): boolean => !name.endsWith('*')

/** Without a peer there is nothing to open, and what stays closed reaches nothing. */
function openNetwork({ grants: { sockets } }: Bounds): readonly string[] {
  if (sockets === undefined) return []
  const isOpen = (protocol: typeof sockets.tcp): boolean =>
    (protocol?.connect?.length ?? 0) + (protocol?.listen?.length ?? 0) > 0
  const [tcp, udp] = [isOpen(sockets.tcp), isOpen(sockets.udp)]
  const network =
    tcp || udp
      ? ['-S', 'inherit-network', ...(tcp ? [] : ['-S', 'tcp=n']), ...(udp ? [] : ['-S', 'udp=n'])]
      : []
  return [...network, ...((sockets.dns?.length ?? 0) > 0 ? ['-S', 'allow-ip-name-lookup'] : [])]
}

function openDirectories(
  { grants: { filesystem = [] } }: Bounds,
  hosts: ReadonlyMap<string, string>,
): string[] {
  const guests = filesystem.map(({ guest }) => guest).toSorted()
  for (const guest of hosts.keys())
    if (!guests.includes(guest))
      throw new WasmpackError('USAGE', `--dir names ${quoted(guest)}, which is not granted`, {
        hint:
          guests.length === 0
            ? 'no directory is granted: omit --dir'
            : `granted are ${guests.map(quoted).join(', ')}`,
      })
  return guests.map((guest) => {
    const host = hosts.get(guest)
    if (host === undefined)
      throw new WasmpackError(
        'USAGE',
        `the directory ${quoted(guest)} is granted, and no directory of the host is given for it`,
        {
          hint: `pass --dir '${guest}=HOST'`,
        },
      )
    if (host.includes('::') || guest.includes('::'))
      throw new WasmpackError(
        'USAGE',
        `wasmtime cannot open ${quoted(host)} as ${quoted(guest)}: "::" separates the two`,
        {
          hint: 'choose directories without "::" in their names',
        },
      )
    return `--dir=${host}::${guest}`
  })
}

const boundMemory = ({ limits: { memory, tables } }: Bounds): readonly string[] => [
  ...(memory?.maxPages === undefined ? [] : ['-W', `max-memory-size=${memory.maxPages * PAGE}`]),
  ...(tables?.maxElements === undefined ? [] : ['-W', `max-table-elements=${tables.maxElements}`]),
]

function createKeepers(bounds: Bounds, kind: 'module' | 'component' | 'wit'): Keepers {
  const { grants } = bounds
  const closed = (what: string) => [{ by: 'runtime' as const, note: what }]
  const any = (what: string, field: string) => [{ by: 'nobody' as const, note: `${field} opens ${what}` }]
  const peers = ({ items }: { readonly items: readonly string[] }) => {
    if (kind === 'module') return closed('a core module is given no socket')
    if (items.length === 0) return closed('without -S inherit-network no peer is reached')
    return items.includes('connect *:*') && items.includes('listen *:*')
      ? [{ by: 'object' as const, field: '-S inherit-network' }]
      : any('every peer', '-S inherit-network')
  }
  return {
    stdio: ({ status, isWhole }) =>
      status === 'proved' || isWhole ? [] : [{ by: 'object', field: describeStreams(bounds) }],
    env: ({ items }) =>
      items.includes('*')
        ? [{ by: 'object', field: '-S inherit-env' }]
        : splitKept(
            items,
            isExact,
            items.length === 0
              ? { by: 'runtime', note: 'no variable is passed without --env' }
              : { by: 'object', field: '--env' },
            { by: 'nobody', note: 'variables are passed by their whole names' },
          ),
    filesystem: () =>
      splitKept(
        (grants.filesystem ?? []).map(({ guest, mode }) => `${guest} (${mode})`),
        (item) => !item.endsWith('(ro)'),
        grants.filesystem?.length === 0
          ? { by: 'runtime', note: 'no directory is opened without --dir' }
          : { by: 'object', field: '--dir' },
        { by: 'nobody', note: 'a directory that is opened can be written to' },
      ),
    'http.outgoing': ({ items }) =>
      items.includes('*:*') ? [{ by: 'object', field: '-S http' }] : any('every host', '-S http'),
    'sockets.tcp': peers,
    'sockets.udp': peers,
    'sockets.dns': ({ items }) =>
      items.length === 0
        ? closed('without -S allow-ip-name-lookup no name is looked up')
        : items.includes('*')
          ? [{ by: 'object', field: '-S allow-ip-name-lookup' }]
          : any('every name', '-S allow-ip-name-lookup'),
    'sockets.tls': ({ items }) =>
      items.includes('*') ? [{ by: 'object', field: '-S tls' }] : any('every server', '-S tls'),
    config: () => closed('no key is passed; -S config-var=KEY=VALUE passes one'),
    keyvalue: () => closed('the store is in the memory of the process'),
    'nn.graphs': () => closed('no model is passed; -S nn-graph passes one'),
    'limits.memory.maxPages': ({ status }) =>
      status === 'proved' ? [] : [{ by: 'object', field: '-W max-memory-size' }],
    'limits.tables.maxElements': ({ status }) =>
      status === 'proved' ? [] : [{ by: 'object', field: '-W max-table-elements' }],
  }
}

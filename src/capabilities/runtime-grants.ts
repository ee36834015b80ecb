import type { GrantKey } from './manifest/grant-table.ts'

/** How a runtime or a platform gives what a capability manifest grants: its flag, or its setting. */
export interface RuntimeGrant {
  readonly runtime: string
  readonly how: string
}

const HOST_INTERFACES = '`hostInterfaces[]` of the workload, with its `config`'
const OUTBOUND = '`allowed_outbound_hosts`, such as `"postgres://db.example.com:5432"`'

/** By grant, the particular before the general; what is missing is not offered, or could not be found out. */
const BY_GRANT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  stdio: {
    Wasmtime: 'inherited; `-S inherit-stdin=n`, `-S inherit-stdout=n` and `-S inherit-stderr=n` take it away',
  },
  clocks: { Wasmtime: 'always' },
  random: { Wasmtime: 'always' },
  args: { Wasmtime: 'what follows the module on the command line' },
  env: {
    Wasmtime: '`--env NAME[=VALUE]`, or `-S inherit-env` for all',
    WasmEdge: '`--env NAME=VALUE`',
    Spin: '`environment = { NAME = "value" }`',
    wasmCloud: '`localResources.environment` with `config`, `configFrom` or `secretFrom`',
    wassette: '`permissions.environment.allow[].key`',
  },
  filesystem: {
    Wasmtime: '`--dir HOST[::GUEST]`, always read-write: there is no flag for read-only',
    WasmEdge: '`--dir GUEST:HOST[:readonly]`',
    Spin: '`files = [...]`: copies, to be read',
    wasmCloud: '`localResources.volumeMounts[]` with `mountPath` and `readOnly`',
    Extism: '`allowed_paths`, with `ro:` before a path that is read-only',
    wassette: '`permissions.storage.allow[]` with `access: [read, write]`',
  },
  'http.outgoing': {
    Wasmtime: '`-S http`, for any host: there is no flag that limits them',
    Spin: '`allowed_outbound_hosts = ["https://api.example.com"]`',
    wasmCloud: '`localResources.allowedHosts`; empty reaches none',
    Extism: '`allowed_hosts`; empty reaches none',
    wassette: '`permissions.network.allow[].host`',
  },
  'sockets.dns': {
    Wasmtime: '`-S allow-ip-name-lookup`',
    WasmEdge: 'always',
    wasmCloud: '`localResources.allowedIpNameLookups`; empty looks up none',
    wassette: 'with any `permissions.network.allow[]`',
  },
  'sockets.tls': { Wasmtime: '`-S tls`' },
  sockets: {
    Wasmtime: '`-S inherit-network`, for any peer; `-S tcp=n` and `-S udp=n` take one away',
    WasmEdge: 'always',
    Spin: '`allowed_outbound_hosts`',
    wasmCloud: '`localResources.allowedHosts`',
    wassette: 'with any `permissions.network.allow[]`',
  },
  config: {
    Wasmtime: '`-S config -S config-var=KEY=VALUE`',
    Spin: '`[component.NAME.variables]`',
    wasmCloud: HOST_INTERFACES,
    Extism: '`config`',
  },
  secrets: { wasmCloud: HOST_INTERFACES },
  keyvalue: {
    Wasmtime: '`-S keyvalue`, in memory, with `-S keyvalue-in-memory-data=KEY=VALUE`',
    Spin: '`key_value_stores = ["default"]`',
    wasmCloud: HOST_INTERFACES,
    Extism: 'always; `memory.max_var_bytes` limits them',
  },
  blobstore: { wasmCloud: HOST_INTERFACES },
  messaging: {
    Spin: '`allowed_outbound_hosts`, such as `"mqtt://broker.example.com:1883"`',
    wasmCloud: HOST_INTERFACES,
  },
  'database.postgres': { Spin: OUTBOUND, wasmCloud: HOST_INTERFACES },
  'database.mysql': { Spin: OUTBOUND.replaceAll('postgres', 'mysql').replace('5432', '3306') },
  'database.redis': { Spin: OUTBOUND.replaceAll('postgres', 'redis').replace('5432', '6379') },
  'database.sqlite': { Spin: '`sqlite_databases = ["default"]`' },
  nn: {
    Wasmtime: '`-S nn -S nn-graph=FORMAT::DIRECTORY`',
    WasmEdge: 'its plug-in wasi_nn',
    Spin: '`ai_models = ["llama2-chat"]`',
  },
  crypto: { WasmEdge: 'its plug-in wasi_crypto' },
  threads: { Wasmtime: '`-S threads`, up to version 48' },
  proxy: {
    Envoy:
      '`capability_restriction_config.allowed_capabilities`, by the names of the functions; an empty map allows everything',
  },
  hostCalls: { Kubewarden: '`hostCapabilities` in `metadata.yml`' },
}

/** The grants that have something written about them here, in the order of the capability manifest. */
export const DESCRIBED_GRANTS: readonly string[] = Object.keys(BY_GRANT)

/** Under which of {@link DESCRIBED_GRANTS} a grant is found; undefined if nothing is written about it. */
export const describedGrant = (key: GrantKey): string | undefined =>
  [key, key.split('.')[0]!].find((name) => Object.hasOwn(BY_GRANT, name))

export const runtimeGrants = (grant: string): readonly RuntimeGrant[] =>
  Object.entries(BY_GRANT[grant] ?? {}).map(([runtime, how]) => ({ runtime, how }))

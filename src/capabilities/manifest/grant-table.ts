import {
  containHostNames,
  containHttpHosts,
  containNames,
  containServers,
  containSocketAddresses,
} from '../values/containment.ts'
import {
  CLOCKS,
  DATABASE,
  DNS_NAME,
  ENV_NAME,
  HTTP_HOST,
  PROXY,
  RESOURCE_NAME,
  SOCKET_ADDRESS,
  STDIO,
  STORE_OPERATIONS,
} from './formats.ts'
import type { GrantKeys, GrantRows, GrantValues, NameList } from './grant-shapes.ts'

const RESOURCES = { shape: 'names', format: RESOURCE_NAME, contain: containNames } as const
const HOST_NAMES = { shape: 'names', format: DNS_NAME, contain: containHostNames } as const
const PEERS = { shape: 'names', format: SOCKET_ADDRESS, contain: containSocketAddresses } as const
const OPERATIONS = { shape: 'choices', words: STORE_OPERATIONS } as const

const servers = (defaultPort: number): NameList => ({
  shape: 'names',
  format: DATABASE,
  contain: containServers(defaultPort),
})

/**
 * Every grant, in the order in which `init` and the docs write them. The type {@link Grants}, its reader, the ceiling of a policy,
 * the JSON Schemas and the table in docs/capability-manifest.md follow from it.
 */
export const GRANT_TABLE = {
  stdio: {
    shape: 'choices',
    words: STDIO,
    allows: 'using these standard streams; `terminal`: asking whether one of them is a terminal',
  },
  clocks: {
    shape: 'choices',
    words: CLOCKS,
    allows:
      'reading the time of day (`wall`), elapsed time and sleeping (`monotonic`), the local time zone (`timezone`)',
  },
  random: { shape: 'flag', allows: 'obtaining random bytes' },
  args: { shape: 'flag', allows: 'reading the command-line arguments' },
  cwd: { shape: 'flag', allows: 'reading the initial working directory' },
  exit: { shape: 'flag', allows: 'raising a signal in its own process; ending needs no grant' },
  env: {
    shape: 'parameters',
    lists: { names: { shape: 'names', format: ENV_NAME, contain: containNames } },
    allows: 'reading these environment variables; a name may end in `*`',
    example: '{names: [LOG_LEVEL, "APP_*"]}',
    advice: 'list the variables that it may see; empty: it sees none',
  },
  filesystem: {
    shape: 'directories',
    allows:
      'opening files in these directories, by their paths as the module sees them, each at most once; without an `rw` entry, imports that only write are denied',
    example: '[{guest: /data, mode: ro}]',
    advice: 'list the directories, such as {guest: /data, mode: ro}; empty: it reaches none',
  },
  http: {
    shape: 'group',
    allows: 'sending and serving HTTP requests',
    advice: 'list the hosts, such as "https://api.example.com"; empty: it reaches none',
    members: {
      outgoing: {
        shape: 'parameters',
        lists: { hosts: { shape: 'names', format: HTTP_HOST, contain: containHttpHosts } },
        allows: 'sending HTTP requests to these hosts',
        example: '{hosts: ["https://api.example.com", "*.corp:8443"]}',
      },
      incoming: { shape: 'flag', allows: 'serving HTTP requests, and passing them on to another handler' },
    },
  },
  sockets: {
    shape: 'group',
    allows: 'using the network',
    empty: 'holding the network without using it',
    advice: 'list the peers, such as "db.example.com:5432"; empty: it reaches none',
    members: {
      tcp: {
        shape: 'parameters',
        lists: { connect: PEERS, listen: PEERS },
        optional: true,
        orFalse: true,
        allows: 'connecting to these peers and listening on these addresses, over TCP',
        example: '{connect: ["10.0.0.0/8:5432"], listen: ["*:80"]}',
      },
      udp: {
        shape: 'parameters',
        lists: { connect: PEERS, listen: PEERS },
        optional: true,
        orFalse: true,
        allows: 'sending to these peers and receiving on these addresses, over UDP',
        example: '{connect: ["10.0.0.1:53"]}',
      },
      dns: {
        ...HOST_NAMES,
        orFalse: true,
        allows: 'looking up these host names',
        example: '[db.internal, "*.corp"]',
      },
      tls: {
        ...HOST_NAMES,
        orFalse: true,
        allows: "speaking the host's TLS with these servers, over a connection that it already has",
        example: '[db.internal]',
      },
    },
  },
  config: {
    shape: 'parameters',
    lists: { keys: RESOURCES },
    allows: "reading these keys of the host's configuration; here and below a name may end in `*`",
    example: '{keys: ["app/*"]}',
    advice: 'list the keys that it may read; empty: it reads none',
  },
  secrets: {
    shape: 'parameters',
    lists: { keys: RESOURCES },
    allows: 'reading these secrets of the host',
    example: '{keys: [api-token]}',
    advice: 'list the secrets that it may read; empty: it reads none',
  },
  keyvalue: {
    shape: 'parameters',
    lists: { stores: RESOURCES, access: OPERATIONS },
    allows:
      'using these key-value stores; a component proves its `access` by its imports, and the runtime enforces `stores`',
    example: '{stores: [default], access: [get, set]}',
    advice: 'list the stores; empty: it reaches none',
  },
  blobstore: {
    shape: 'parameters',
    lists: { containers: RESOURCES, access: OPERATIONS },
    allows:
      'using these containers of blobs; a component proves its `access` by its imports, and the runtime enforces `containers`',
    example: '{containers: [uploads], access: [get]}',
    advice: 'list the containers; empty: it reaches none',
  },
  messaging: {
    shape: 'parameters',
    lists: { topics: RESOURCES },
    allows: 'sending to these topics and receiving from them',
    example: '{topics: ["orders.*"]}',
    advice: 'list the topics; empty: it reaches none',
  },
  database: {
    shape: 'group',
    allows: 'querying databases',
    advice: 'list the servers, such as "db.example.com:5432"; empty: it reaches none',
    members: {
      postgres: {
        ...servers(5432),
        allows: 'querying these PostgreSQL servers, by host and port (5432 if absent)',
        example: '["db.example.com:5432"]',
      },
      mysql: {
        ...servers(3306),
        allows: 'querying these MySQL servers (port 3306 if absent)',
        example: '["db.example.com:3306"]',
      },
      redis: {
        ...servers(6379),
        allows: 'sending commands to these Redis servers (port 6379 if absent)',
        example: '["cache.example.com:6379"]',
      },
      sqlite: {
        ...RESOURCES,
        allows: "querying these SQLite databases, by the host's names for them",
        example: '[default]',
      },
    },
  },
  nn: {
    shape: 'group',
    allows: 'machine-learning inference',
    advice: 'list the models; empty: it runs none of the host',
    members: {
      graphs: {
        ...RESOURCES,
        allows: 'running models that the host holds under these names',
        example: '[classifier]',
      },
      load: { shape: 'flag', allows: 'having the host run models that the module brings' },
    },
  },
  logging: { shape: 'flag', allows: "writing to the host's log" },
  telemetry: { shape: 'flag', allows: 'reporting traces, metrics and logs to the host' },
  crypto: { shape: 'flag', allows: "using the host's cryptography, with keys that the host keeps" },
  threads: { shape: 'flag', allows: 'starting threads' },
  nativeCode: {
    shape: 'flag',
    allows:
      'carrying native code in a custom section, which WasmEdge and proxy-wasm hosts run in place of the module; nothing of it is checked',
    advice:
      'native code runs outside of the sandbox: publish the module as it was before it was compiled, unless you built it yourself',
  },
  proxy: {
    shape: 'choices',
    words: PROXY,
    allows: 'using these functions of the proxy, as a proxy-wasm filter',
  },
  hostCalls: {
    shape: 'parameters',
    lists: { operations: RESOURCES },
    allows:
      'sending these requests to the host, such as `oci/v1/verify` of Kubewarden; the imports do not distinguish them, so the host enforces this grant',
    example: '{operations: ["oci/v1/verify"]}',
    advice: 'list the operations, such as oci/v1/verify; empty: it may ask for none',
  },
} as const satisfies GrantRows

/** What a module is granted; a grant that is `false` in a file is absent here. */
export type Grants = GrantValues<typeof GRANT_TABLE>

/**
 * The key of one grant: its path below `spec.grants`, and for a word in a list the word instead of its index. `filesystem.rw` is a
 * filesystem grant that lets something be written; reports call it `filesystem`.
 */
export type GrantKey = GrantKeys<typeof GRANT_TABLE>

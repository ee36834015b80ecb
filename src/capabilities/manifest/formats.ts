import { parseHttpEndpoints, parseSocketEndpoint } from '../values/endpoint.ts'
import { parseHostPattern } from '../values/host.ts'
import type { ScalarFormat } from '../../documents/scalar-format.ts'

export const CAPABILITY_MANIFEST_KIND = 'CapabilityManifest'
export const CAPABILITY_POLICY_KIND = 'CapabilityPolicy'

/** In bytes of canonical JSON: the capability manifest is an annotation of the OCI manifest, whose size registries limit. */
export const CAPABILITY_MANIFEST_LIMIT = 64 * 1024

export const STDIO = ['stdin', 'stdout', 'stderr', 'terminal'] as const
export const CLOCKS = ['wall', 'monotonic', 'timezone'] as const
/** Operations on the content of a key-value store or a blob store. */
export const STORE_OPERATIONS = ['get', 'list', 'set', 'delete'] as const
/** Families of host functions of proxy-wasm. */
export const PROXY = [
  'log',
  'timer',
  'config',
  'headers.read',
  'headers.write',
  'body.read',
  'body.write',
  'stream',
  'properties.read',
  'properties.write',
  'metrics',
  'shared-data',
  'shared-queue',
  'http-call',
  'grpc-call',
  'foreign-function',
] as const
export const START_FUNCTION = ['allow', 'deny'] as const
export const ON_UNUSED = ['error', 'warn', 'ignore'] as const
export const ON_UNKNOWN_IMPORT = ['error', 'warn'] as const
export const CORE_HOST_KINDS = ['func', 'table', 'memory', 'global', 'tag'] as const
export const COMPONENT_HOST_KINDS = ['func', 'value', 'module', 'component', 'instance'] as const

const HOST = String.raw`(?:\*|(?:\*\.)?[A-Za-z0-9_][A-Za-z0-9_.-]{0,252})`
const ADDRESS = String.raw`\[[0-9A-Fa-f:.]{2,45}(?:/[0-9]{1,3})?\]`
const PORT = String.raw`(?:\*|[1-9][0-9]{0,4})`

export const ENV_NAME: ScalarFormat = {
  pattern: String.raw`^(?:[^=*\u0000-\u0020\u007f-\u009f]{1,253}\*?|\*)$`,
  expected: 'a name such as LOG_LEVEL, or a prefix such as APP_*',
}

export const GUEST_PATH: ScalarFormat = {
  pattern: String.raw`^(?:\.|/|(?![\s\S]*/\.{1,2}(?:/|$))(?:/[^/\u0000-\u001f\u007f-\u009f]+)+)$`,
  expected: 'an absolute path such as /data, without "..", or "."',
}

export const HTTP_HOST: ScalarFormat = {
  pattern: `^(?:https?://)?(?:${HOST}|${ADDRESS})(?::${PORT})?$`,
  expected: 'a host such as https://api.example.com, *.example.com:8443 or [::1]:8080, without a path',
  isSound: (text) => parseHttpEndpoints(text) !== undefined,
}

export const SOCKET_ADDRESS: ScalarFormat = {
  pattern: `^(?:${HOST}(?:/[0-9]{1,3})?|${ADDRESS}):${PORT}$`,
  expected: 'an address such as db.example.com:5432, 10.0.0.0/8:5432 or [::1]:*',
  isSound: (text) => parseSocketEndpoint(text) !== undefined,
}

export const DNS_NAME: ScalarFormat = {
  pattern: `^${HOST}$`,
  expected: 'a host name such as db.example.com or *.example.com',
  isSound: (text) => parseHostPattern(text) !== undefined,
}

/** The name of a key, a topic, a store, a graph, an operation. */
export const RESOURCE_NAME: ScalarFormat = {
  pattern: String.raw`^(?:[^*\u0000-\u001f\u007f-\u009f]{1,253}\*?|\*)$`,
  expected: 'a name such as orders, or a prefix such as orders.*',
}

/** Only host and port: a connection string would publish a password. */
export const DATABASE: ScalarFormat = {
  pattern: `^${HOST}(?::${PORT})?$`,
  expected: 'a host such as db.example.com:5432, without scheme, user or password',
  isSound: (text) => parseSocketEndpoint(text, 1) !== undefined,
}

const LABEL = '[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*'

export const TARGET: ScalarFormat = {
  pattern: String.raw`^(?:wasip[123]|proxy-wasm@0\.(?:1\.0|2\.[01])|${LABEL}(?::${LABEL})+/${LABEL}(?:@[0-9][0-9A-Za-z.+-]{0,60})?)$`,
  expected: 'wasip1, wasip2, wasip3, proxy-wasm@0.2.1, or a world such as wasi:http/proxy@0.2',
}

export const SIZE: ScalarFormat = {
  pattern: '^[1-9][0-9]{0,5} ?(?:B|KiB|MiB|GiB)$',
  expected: 'a number of bytes, or a size such as 20MiB',
}

// The faults that are injected between a client and a registry, and the requests they hit.

/**
 * @typedef {{ readonly method: string, readonly url: string, readonly headers: import('node:http').IncomingHttpHeaders }} Asked
 * a request, as rules see it
 * @typedef {(asked: Asked) => boolean} Rule which requests are hit
 * @typedef {| { readonly kind: 'status', readonly code: number, readonly headers: Readonly<Record<string, string>>, readonly body: string }
 *   | { readonly kind: 'late', readonly code: number }
 *   | { readonly kind: 'retype', readonly type: string }
 *   | { readonly kind: 'reset' | 'redirect' | 'cut upload' | 'cut' | 'stall' | 'flip' | 'lose answer' }} Effect
 *
 * @typedef {object} Fault
 * @property {string} name
 * @property {'push' | 'pull'} command
 * @property {boolean} [hostile] no client can do more than refuse
 * @property {boolean} [slow] clients wait
 * @property {boolean} [credentials] the outcome is whether credentials leak
 * @property {() => readonly [hits: Rule, effect: Effect]} choose makes the rule for one run, and the effect on the requests it hits
 */

/** @param {Pick<Asked, 'url'>} asked */
const isManifest = ({ url }) => url.includes('/manifests/')
/** @param {Pick<Asked, 'url'>} asked */
const isBlob = ({ url }) => /\/blobs\/sha256:/.test(url)
/** @param {Pick<Asked, 'url'>} asked */
const isUpload = ({ url }) => url.includes('/blobs/uploads/')
/**
 * A request that carries bytes of a blob.
 * @param {Asked} asked
 */
const sendsBlob = ({ method, url, headers }) =>
  isUpload({ url }) && method !== 'GET' && (headers['content-length'] ?? '1') !== '0'
/** @param {string} url */
const withoutQuery = (url) => url.replace(/\?.*/s, '')

/**
 * Hits the first request of each method and address, sessions counted as one.
 * @returns {Rule}
 */
function firstOfEach() {
  const seen = new Set()
  return ({ method, url }) => {
    const key = `${method} ${withoutQuery(url).replace(/\/uploads\/.+/, '/uploads/*')}`
    if (seen.has(key) || url === '/v2/') return false
    seen.add(key)
    return true
  }
}

/**
 * Hits the first request that the condition holds for, and all if it is to happen `always`.
 * @param {Rule} condition
 * @returns {Rule}
 */
function first(condition, always = false) {
  let hit = false
  return (asked) => {
    if ((hit && !always) || !condition(asked)) return false
    return (hit = true)
  }
}

/**
 * Hits every request for so many milliseconds from the first one on.
 * @param {number} milliseconds
 * @returns {Rule}
 */
function within(milliseconds) {
  let end = 0
  return () => {
    end ||= Date.now() + milliseconds
    return Date.now() < end
  }
}

/**
 * @param {number} code
 * @param {Readonly<Record<string, string>>} [headers]
 * @returns {Effect}
 */
const status = (code, headers = {}, body = '') => ({ kind: 'status', code, headers, body })
const HTML = '<!doctype html><html><head><title>Sign in</title></head><body>Sign in</body></html>'

/** @type {readonly Fault[]} */
export const FAULTS = [
  {
    name: 'registry restarts, away 4 s (502)',
    command: 'push',
    choose: () => [within(4000), status(502)],
  },
  {
    name: 'registry restarts, away 4 s (connections reset)',
    command: 'push',
    choose: () => [within(4000), { kind: 'reset' }],
  },
  {
    name: '503 to the first request of each kind',
    command: 'push',
    choose: () => [firstOfEach(), status(503)],
  },
  {
    name: '429 with `Retry-After: 1` to the first request of each kind',
    command: 'push',
    choose: () => [firstOfEach(), status(429, { 'retry-after': '1' })],
  },
  {
    name: 'connection reset at the first request of each kind',
    command: 'push',
    choose: () => [firstOfEach(), { kind: 'reset' }],
  },
  {
    name: 'blob upload broken off half-way, once',
    command: 'push',
    choose: () => [first(sendsBlob), { kind: 'cut upload' }],
  },
  { name: '502 to a blob upload, once', command: 'push', choose: () => [first(sendsBlob), status(502)] },
  {
    name: 'manifest stored, its answer lost',
    command: 'push',
    choose: () => [first((asked) => asked.method === 'PUT' && isManifest(asked)), { kind: 'lose answer' }],
  },
  {
    name: 'manifest stored, and answered 500',
    command: 'push',
    choose: () => [
      first((asked) => asked.method === 'PUT' && isManifest(asked)),
      { kind: 'late', code: 500 },
    ],
  },
  {
    name: '413 with a web page to every blob',
    command: 'push',
    hostile: true,
    choose: () => [first(sendsBlob, true), status(413, { 'content-type': 'text/html' }, HTML)],
  },
  {
    name: 'registry restarts, away 4 s (502)',
    command: 'pull',
    choose: () => [within(4000), status(502)],
  },
  {
    name: 'registry restarts, away 4 s (connections reset)',
    command: 'pull',
    choose: () => [within(4000), { kind: 'reset' }],
  },
  {
    name: '503 to the first request of each kind',
    command: 'pull',
    choose: () => [firstOfEach(), status(503)],
  },
  {
    name: '429 with `Retry-After: 1` to the first request of each kind',
    command: 'pull',
    choose: () => [firstOfEach(), status(429, { 'retry-after': '1' })],
  },
  {
    name: 'connection reset at the first request of each kind',
    command: 'pull',
    choose: () => [firstOfEach(), { kind: 'reset' }],
  },
  {
    name: 'blob broken off half-way, once',
    command: 'pull',
    choose: () => [first(isBlob), { kind: 'cut' }],
  },
  {
    name: 'blob broken off half-way, unless a Range is asked for',
    command: 'pull',
    choose: () => [first((asked) => isBlob(asked) && !asked.headers.range, true), { kind: 'cut' }],
  },
  {
    name: 'blob with one wrong byte, always',
    command: 'pull',
    hostile: true,
    choose: () => [first(isBlob, true), { kind: 'flip' }],
  },
  {
    name: 'blob with one wrong byte, once',
    command: 'pull',
    choose: () => [first(isBlob), { kind: 'flip' }],
  },
  {
    name: 'manifest with one wrong byte',
    command: 'pull',
    hostile: true,
    choose: () => [first((asked) => asked.method === 'GET' && isManifest(asked), true), { kind: 'flip' }],
  },
  {
    name: 'web page with status 200 for the manifest',
    command: 'pull',
    hostile: true,
    choose: () => [first(isManifest, true), status(200, { 'content-type': 'text/html' }, HTML)],
  },
  {
    name: 'manifest of 64 MiB',
    command: 'pull',
    hostile: true,
    choose: () => [
      first((asked) => asked.method === 'GET' && isManifest(asked), true),
      status(
        200,
        { 'content-type': 'application/vnd.oci.image.manifest.v1+json' },
        `{"schemaVersion":2}${' '.repeat(64 * 1024 * 1024)}`,
      ),
    ],
  },
  {
    name: 'manifest of no known type',
    command: 'pull',
    choose: () => [
      first((asked) => asked.method === 'GET' && isManifest(asked), true),
      { kind: 'retype', type: 'application/octet-stream' },
    ],
  },
  {
    name: 'blob stalls after its first bytes, once',
    command: 'pull',
    slow: true,
    choose: () => [first(isBlob), { kind: 'stall' }],
  },
  {
    name: 'blob redirected to another host: are credentials sent there',
    command: 'pull',
    hostile: true,
    credentials: true,
    choose: () => [first(isBlob, true), { kind: 'redirect' }],
  },
]

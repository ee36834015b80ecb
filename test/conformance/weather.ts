import { Random } from '../fuzz/random.ts'
import type { Registry } from '../support/registry/registry.ts'
import type { Fault } from '../support/registry/fault.ts'

/** What a request is about, whatever names, digests and sessions are in it. */
type Purpose = 'token' | 'upload' | 'blob' | 'manifest' | 'referrers' | 'other'

/** A request that something went wrong with. */
export interface Hit {
  readonly method: string
  readonly purpose: Purpose
  /** How many requests of its kind came before it. */
  readonly earlier: number
  readonly fault: Fault['kind'] | 'expired tokens'
}

const TRANSIENT_STATUSES = [500, 502, 503, 504, 429, 408] as const
const RETRY_AFTER = [{}, { 'retry-after': '3' }, { 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }] as const
/** Bytes of a body that come through. */
const SOME = [0, 1, 100, 70_000, 200_000] as const

/**
 * Faults by chance: one request of `calm` is hit. The n-th request of a kind has the same fate whenever its run is
 * repeated, whatever came between, so that a run does not depend on the order of what is sent at the same time.
 */
export class Weather {
  readonly hits: Hit[] = []
  readonly #registry: Registry
  readonly #seed: number
  readonly #calm: number
  readonly #stalls: boolean
  readonly #seen = new Map<string, number>()
  #expire = false

  constructor(registry: Registry, options: { seed: number; calm: number; stalls: boolean }) {
    this.#registry = registry
    this.#seed = options.seed
    this.#calm = options.calm
    this.#stalls = options.stalls
  }

  readonly choose = (method: string, url: string): Fault | undefined => {
    if (this.#expire) this.#registry.expireTokens()
    this.#expire = false
    const purpose = purposeOf(url)
    const kind = `${method} ${purpose}`
    const seen = this.#seen.get(kind) ?? 0
    this.#seen.set(kind, seen + 1)
    const random = new Random(this.#seed + hash(kind), seen)
    if (!random.once(this.#calm)) return undefined
    const fault = random.of(this.#possible(method, purpose))(random)
    this.hits.push({ method, purpose, earlier: seen, fault: fault?.kind ?? 'expired tokens' })
    // With the next request, so that a token is refused that was taken once.
    this.#expire = fault === undefined
    return fault
  }

  #possible(method: string, purpose: Purpose): readonly ((random: Random) => Fault | undefined)[] {
    const sends = method === 'PUT' || method === 'PATCH'
    const receives = method === 'GET'
    const status = (random: Random): Fault => ({
      kind: 'status',
      status: random.of(TRANSIENT_STATUSES),
      headers: random.of(RETRY_AFTER),
    })
    return [
      status,
      status,
      () => ({ kind: 'drop' }),
      () => ({ kind: 'drop-answer' }),
      (random) => ({ kind: 'late-status', status: random.of(TRANSIENT_STATUSES) }),
      ...(purpose === 'token' ? [] : [() => undefined]),
      ...(sends
        ? [
            (random: Random): Fault => ({ kind: 'drop-upload', after: random.of(SOME) }),
            (): Fault => ({ kind: 'early-status', status: 503, body: 'no more' }),
          ]
        : []),
      ...(receives
        ? [
            (random: Random): Fault => ({ kind: 'truncate', after: random.of(SOME) }),
            (): Fault => ({ kind: 'flip' }),
            (): Fault => ({ kind: 'html' }),
          ]
        : []),
      // The answer to an upload is given minutes, for the registry may have to move it.
      ...(this.#stalls && purpose !== 'upload'
        ? [
            (random: Random): Fault => ({
              kind: 'stall',
              ...(random.once(2) ? {} : { after: random.of(SOME) }),
            }),
          ]
        : []),
    ]
  }
}

function purposeOf(url: string): Purpose {
  if (url.startsWith('/token')) return 'token'
  if (url.includes('/blobs/uploads/')) return 'upload'
  if (url.includes('/manifests/')) return 'manifest'
  if (url.includes('/referrers/')) return 'referrers'
  // Also where a redirect leads to.
  return url.includes('/sha256:') ? 'blob' : 'other'
}

/** FNV-1a */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193)
  return value
}

import type { WasmpackError } from '../errors.ts'
import { type Clock, systemClock } from '../http/retry.ts'
import type { Digest } from './digest.ts'
import type { Operation, ReadOnlyTarget } from './target.ts'

/** In milliseconds, between looks: some registries list a referrer a moment after they stored it. */
const WAITS = [500, 1500]

/**
 * The first of these referrers that a target, which has accepted them, does not list; undefined if it lists all. Some registries answer
 * 201 and keep nothing. Throws the reason why a list cannot be read, if it may have the referrer.
 */
export async function findUnlisted(
  target: ReadOnlyTarget,
  subject: Digest,
  wanted: readonly Digest[],
  { signal }: Operation = {},
  clock: Clock = systemClock,
): Promise<Digest | undefined> {
  for (let look = 0; ; look++) {
    let unreadable: WasmpackError | undefined
    const onUnreadable = (one: WasmpackError): void => void (unreadable = one)
    const listed = await target.referrers(subject, { signal, fresh: true, onUnreadable })
    const missing = wanted.find((digest) => !listed.some((one) => one.digest === digest))
    if (missing === undefined) return undefined
    if (unreadable !== undefined) throw unreadable
    const wait = WAITS[look]
    if (wait === undefined) return missing
    await clock.sleep(wait, signal)
  }
}

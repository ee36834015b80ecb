import { WasmpackError } from '../errors.ts'
import { quoted } from '../printable.ts'

/** In characters; what is longer is no range that a person wrote. */
const RANGE_LIMIT = 256

/**
 * The highest version in the range among the tags, with or without a `v` in front; the current tag if nothing higher is there, so that
 * a registry that hides versions takes nobody back. Throws USAGE for what is no range of https://github.com/npm/node-semver, and
 * NOT_FOUND.
 */
export async function chooseNewestTag(
  tags: readonly string[],
  range: string,
  current: string | undefined,
): Promise<string> {
  const semver = await import('semver')
  if (range.length > RANGE_LIMIT || semver.validRange(range) === null)
    throw new WasmpackError('USAGE', `${quoted(range.slice(0, 80))} is no range of versions`, {
      hint: 'write a range such as >=1.2 <2, or ~1.4',
    })
  const known =
    current !== undefined && semver.valid(current) !== null && semver.satisfies(current, range)
      ? [current]
      : []
  const newest = [...known, ...tags]
    .filter((tag) => semver.valid(tag) !== null && semver.satisfies(tag, range))
    .reduce<string | undefined>(
      (best, tag) => (best === undefined || semver.gt(tag, best) ? tag : best),
      undefined,
    )
  if (newest !== undefined) return newest
  throw new WasmpackError('NOT_FOUND', `no tag is a version in the range ${quoted(range)}`, {
    hint: 'list the tags with: wasmpack ls REPOSITORY',
  })
}

import type { ScalarFormat } from '../documents/scalar-format.ts'

/** Two or three numbers, as https://semver.org/ compares them, with an optional pre-release and build. */
export const VERSION: ScalarFormat = {
  pattern: String.raw`^(?:0|[1-9][0-9]{0,14})(?:\.(?:0|[1-9][0-9]{0,14})){1,2}(?:-[0-9A-Za-z-]{1,64}(?:\.[0-9A-Za-z-]{1,64}){0,15})?(?:\+[0-9A-Za-z.-]{1,128})?$`,
  expected: 'a version such as 1.4.0',
}

/** Holds the version in the manifest, which is signed, where a tag is not. */
export const VERSION_ANNOTATION = 'org.opencontainers.image.version'

/** Below zero if the first version is lower; a missing third number is 0, and builds are not compared. Both match {@link VERSION}. */
export function compareVersions(one: string, other: string): number {
  const [left, right] = [splitVersion(one), splitVersion(other)]
  for (let at = 0; at < 3; at++) {
    const difference = (left.numbers[at] ?? 0) - (right.numbers[at] ?? 0)
    if (difference !== 0) return difference
  }
  return comparePreReleases(left.preRelease, right.preRelease)
}

/** Whether no number up to the given part rises or falls between two versions. Both match {@link VERSION}. */
export function isSameLine(part: 'major' | 'minor', one: string, other: string): boolean {
  const [left, right] = [splitVersion(one).numbers, splitVersion(other).numbers]
  return left[0] === right[0] && (part === 'major' || left[1] === right[1])
}

interface Version {
  readonly numbers: readonly number[]
  /** Empty for a release. */
  readonly preRelease: readonly string[]
}

function splitVersion(text: string): Version {
  const [, numbers, preRelease] = /^([0-9.]+)(?:-([^+]*))?/.exec(text)!
  return { numbers: numbers!.split('.').map(Number), preRelease: preRelease?.split('.') ?? [] }
}

/** https://semver.org/#spec-item-11 */
function comparePreReleases(one: readonly string[], other: readonly string[]): number {
  if (one.length === 0 || other.length === 0) return other.length - one.length
  for (let at = 0; at < Math.min(one.length, other.length); at++) {
    const difference = compareIdentifiers(one[at]!, other[at]!)
    if (difference !== 0) return difference
  }
  return one.length - other.length
}

function compareIdentifiers(one: string, other: string): number {
  if (one === other) return 0
  const [isNumber, isOtherNumber] = [/^[0-9]+$/.test(one), /^[0-9]+$/.test(other)]
  if (isNumber && isOtherNumber) return BigInt(one) < BigInt(other) ? -1 : 1
  if (isNumber !== isOtherNumber) return isNumber ? -1 : 1
  return one < other ? -1 : 1
}

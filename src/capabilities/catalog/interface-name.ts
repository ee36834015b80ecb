import type { ExternName } from '../../wasm/types/inspection.ts'

/** A name such as `wasi:http/types@0.2.3`, split so that two versions of one interface can be compared. */
export interface TrackedName {
  /** `wasi:http/types` */
  readonly name: string
  /**
   * Compatible versions: `1` for 1.x.y, `0.2` for 0.2.x, the whole version for 0.0.x and for prereleases, which runtimes match
   * exactly. Build metadata is left out. Empty without a version.
   */
  readonly track: string
}

const NUMBER = '(0|[1-9][0-9]{0,9})'
const VERSION = new RegExp(`^${NUMBER}\\.${NUMBER}\\.${NUMBER}(-[0-9A-Za-z.-]+)?(?:\\+[0-9A-Za-z.-]+)?$`)
/** `1`, `0.2`: https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#canonical-interface-name */
const CANONICAL_VERSION = /^(?:[1-9][0-9]{0,9}|0\.[1-9][0-9]{0,9})$/

/** Never fails: a name without a valid version has an empty track. */
export function parseTrackedName(text: string): TrackedName {
  const at = text.lastIndexOf('@')
  const track = at < 1 ? undefined : findTrack(text.slice(at + 1))
  return track === undefined ? { name: text, track: '' } : { name: text.slice(0, at), track }
}

function findTrack(version: string): string | undefined {
  if (CANONICAL_VERSION.test(version)) return version
  const match = VERSION.exec(version)
  if (match === null) return undefined
  const [, major, minor, patch, prerelease] = match
  if (prerelease !== undefined) return `${major}.${minor}.${patch}${prerelease}`
  if (major !== '0') return major
  return minor === '0' ? `0.0.${patch}` : `0.${minor}`
}

/** The names of an import or export with full versions: its own, and the interface that a label implements. */
export const joinVersionSuffix = ({
  name,
  implements: target,
  versionSuffix = '',
}: ExternName): { readonly name: string; readonly implements?: string } =>
  target === undefined
    ? { name: `${name}${versionSuffix}` }
    : { name, implements: `${target}${versionSuffix}` }

/** Whether one can satisfy an import of the other. */
export function isSameInterface(one: string, other: string): boolean {
  const [left, right] = [parseTrackedName(one), parseTrackedName(other)]
  return left.name === right.name && left.track === right.track
}

/** Whether the first of two interfaces on one track has the later version. */
export function isLaterVersion(one: string, other: string): boolean {
  const [left, right] = [parseVersionNumbers(one), parseVersionNumbers(other)]
  const at = left.findIndex((number, index) => number !== right[index])
  return at >= 0 && left[at]! > (right[at] ?? -1)
}

const parseVersionNumbers = (name: string): readonly number[] =>
  (/@([0-9.]+)/.exec(name)?.[1] ?? '').split('.').map(Number)

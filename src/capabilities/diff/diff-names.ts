import { computeDigest } from '../../oci/digest.ts'
import { printable } from '../../printable.ts'
import { parseTrackedName } from '../catalog/interface-name.ts'

/** One thing with a name, of which the version may change within its semver-compatible track without its being another. */
export interface Named {
  /** What makes it this one, without its version. */
  readonly key: string
  /** What its version is shared with: the other functions of one interface. Absent for what has no version. */
  readonly family?: { readonly key: string; readonly shown: string; readonly version: string }
}

export interface VersionChange {
  /** Without a version: `wasi:http/types`. */
  readonly interface: string
  /** One, unless the binary names several of one track. */
  readonly old: readonly string[]
  readonly new: readonly string[]
}

export interface NamesDiff<T> {
  readonly added: readonly T[]
  readonly removed: readonly T[]
  readonly versions: readonly VersionChange[]
}

export function diffNames<T extends Named>(old: readonly T[], now: readonly T[]): NamesDiff<T> {
  const [before, after] = [new Map(addKeys(old)), new Map(addKeys(now))]
  return {
    added: [...after].flatMap(([key, found]) => (before.has(key) ? [] : [found])),
    removed: [...before].flatMap(([key, found]) => (after.has(key) ? [] : [found])),
    versions: diffVersions(groupVersions(old), groupVersions(now)),
  }
}

const addKeys = <T extends Named>(all: readonly T[]): [string, T][] => all.map((found) => [found.key, found])

interface Versions {
  readonly shown: string
  readonly versions: Set<string>
}

function groupVersions(all: readonly Named[]): Map<string, Versions> {
  const families = new Map<string, Versions>()
  for (const { family } of all) {
    if (family === undefined) continue
    const known = families.get(family.key)
    if (known) known.versions.add(family.version)
    else families.set(family.key, { shown: family.shown, versions: new Set([family.version]) })
  }
  return families
}

const diffVersions = (
  old: ReadonlyMap<string, Versions>,
  now: ReadonlyMap<string, Versions>,
): VersionChange[] =>
  [...now].flatMap(([key, { shown, versions }]) => {
    const before = old.get(key)?.versions
    if (before === undefined || isSameSet(before, versions)) return []
    return [{ interface: shown, old: [...before].sort(), new: [...versions].sort() }]
  })

export const isSameSet = (one: ReadonlySet<string>, other: ReadonlySet<string>): boolean =>
  one.size === other.size && [...one].every((item) => other.has(item))

export type InterfaceFamily = NonNullable<Named['family']>

/**
 * An interface's name taken apart; `label` is the name that it goes by, if that is its own choice. What has no version has an
 * empty one.
 */
export function parseFamily(text: string, label?: string): InterfaceFamily {
  const { name, track } = parseTrackedName(text)
  const version = track === '' ? '' : text.slice(name.length + 1)
  return { key: createShortKey([name, track, label]), shown: printable(shortenText(name)), version }
}

const SHORT = 240

/** A key of bounded length, so that many things that share a long name do not each cost its length. */
export function createShortKey(parts: readonly (string | undefined)[]): string {
  const key = JSON.stringify(parts)
  return key.length <= SHORT ? key : computeDigest(new TextEncoder().encode(key))
}

export const shortenText = (text: string): string =>
  text.length <= SHORT ? text : `${text.slice(0, SHORT)}...`

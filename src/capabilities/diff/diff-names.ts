import { computeDigest } from '../../oci/digest.ts'
import { printable } from '../../printable.ts'
import { parseTrackedName } from '../catalog/interface-name.ts'

/** A named item that stays the same when its version changes within a semver-compatible track. */
export interface Named {
  /** Its identity without its version. */
  readonly key: string
  /** The interface that has the version; absent if there is none. */
  readonly family?: { readonly key: string; readonly shown: string; readonly version: string }
}

export interface VersionChange {
  /** Without a version: `wasi:http/types`. */
  readonly interface: string
  /** Usually one; several if the binary names several versions of one track. */
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
 * Parses the name of an interface; `label` is its plain label, if it has one. The version is empty if there is none.
 */
export function parseFamily(text: string, label?: string): InterfaceFamily {
  const { name, track } = parseTrackedName(text)
  const version = track === '' ? '' : text.slice(name.length + 1)
  return { key: createShortKey([name, track, label]), shown: printable(shortenText(name)), version }
}

const SHORT = 240

/** A key of bounded length, since many items may share a long name. */
export function createShortKey(parts: readonly (string | undefined)[]): string {
  const key = JSON.stringify(parts)
  return key.length <= SHORT ? key : computeDigest(new TextEncoder().encode(key))
}

export const shortenText = (text: string): string =>
  text.length <= SHORT ? text : `${text.slice(0, SHORT)}...`

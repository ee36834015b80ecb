import { type CapabilityClass, CLASSES, getClassRule } from './classes.ts'

/** Denies imports that are not in the catalogue. */
const UNKNOWN = 'unknown'

/**
 * The classes that an entry of `deny` denies: a class by its name, and with it, or with `.*` behind it, the classes below it;
 * `*` is all. Of a group only what needs a grant is denied, for the rest can do nothing without it: `fs` denies `fs.open` but
 * not `fs.handle`, through which a component adapted from WASI 0.1 writes to its standard output.
 */
export function expandDenyEntry(entry: string): ReadonlySet<CapabilityClass | typeof UNKNOWN> {
  const base = entry.replace(/\.\*$/, '')
  const names = Object.keys(CLASSES) as CapabilityClass[]
  const denied = names.filter(
    (name) =>
      name === base ||
      ((base === '*' || name.startsWith(`${base}.`)) && getClassRule(name).grants !== undefined),
  )
  return new Set(base === '*' || base === UNKNOWN ? [...denied, UNKNOWN] : denied)
}

/** Every denied class, with the index of the first entry that denies it. */
export function expandDenyEntries(
  entries: readonly string[],
): ReadonlyMap<CapabilityClass | typeof UNKNOWN, number> {
  const denied = new Map<CapabilityClass | typeof UNKNOWN, number>()
  for (const [index, entry] of entries.entries())
    for (const name of expandDenyEntry(entry)) if (!denied.has(name)) denied.set(name, index)
  return denied
}

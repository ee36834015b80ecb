import { WASIP1 } from './catalog/wasip1.ts'
import { WASIP2 } from './catalog/wasip2.ts'
import { WASIP3 } from './catalog/wasip3.ts'
import type { CapabilityClass, FunctionsByClass } from './classes.ts'
import { parseInterfaceName } from './interface-name.ts'

/** Changes whenever an import changes its class, or a class its grants. */
export const CATALOG_VERSION = '2026-11-23'

const CORE_MODULES: ReadonlyMap<string, FunctionsByClass> = new Map([['wasi_snapshot_preview1', WASIP1]])

const TRACKS: ReadonlyMap<string, Readonly<Record<string, FunctionsByClass>>> = new Map([
  ['0.2', WASIP2],
  ['0.3', WASIP3],
])

/** The class of a core module's function import; undefined if no rule knows it. */
export const classOfCoreImport = (module: string, name: string): CapabilityClass | undefined =>
  classIn(CORE_MODULES.get(module), name)

/**
 * The class of a function in an instance that a component imports, by the interface's semver-compatible track; undefined if no
 * rule knows it.
 */
export function classOfInterfaceFunction(interfaceName: string, name: string): CapabilityClass | undefined {
  const { name: base, track } = parseInterfaceName(interfaceName)
  const interfaces = TRACKS.get(track)
  return interfaces !== undefined && Object.hasOwn(interfaces, base)
    ? classIn(interfaces[base], name)
    : undefined
}

const indexes = new WeakMap<FunctionsByClass, ReadonlyMap<string, CapabilityClass>>()

function classIn(functions: FunctionsByClass | undefined, name: string): CapabilityClass | undefined {
  if (functions === undefined) return undefined
  let index = indexes.get(functions)
  if (index === undefined) {
    index = new Map(catalogued(functions).map((row) => [row.name, row.class]))
    indexes.set(functions, index)
  }
  return index.get(name)
}

const catalogued = (functions: FunctionsByClass): { name: string; class: CapabilityClass }[] =>
  Object.entries(functions).flatMap(([name, words]) =>
    words.split(/\s+/).flatMap((word) => (word === '' ? [] : { name: word, class: name as CapabilityClass })),
  )

export interface CatalogRow {
  /** A core module's name, or an interface with its track: `wasi:http/types@0.2`. */
  readonly module: string
  readonly name: string
  readonly class: CapabilityClass
}

/** Every function that the catalogue knows. */
export function catalogRows(): CatalogRow[] {
  const modules: [string, FunctionsByClass][] = [...CORE_MODULES]
  for (const [track, interfaces] of TRACKS)
    for (const [name, functions] of Object.entries(interfaces)) modules.push([`${name}@${track}`, functions])
  return modules.flatMap(([module, functions]) =>
    catalogued(functions).map(({ name, class: of }) => ({ module, name, class: of })),
  )
}

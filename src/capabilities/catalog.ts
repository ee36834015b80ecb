import type { Family } from './catalog/family.ts'
import { EXTISM, WAPC } from './catalog/plugins.ts'
import { PROXY_WASM } from './catalog/proxy-wasm.ts'
import { SPIN } from './catalog/spin.ts'
import { WASI_CRYPTO, WASI_NN_CORE, WASI_THREADS, WASMEDGE_SOCKETS } from './catalog/wasi-core-extensions.ts'
import { WASIP2_PRERELEASES, WASIP3_PRERELEASES } from './catalog/wasi-prereleases.ts'
import {
  WASI_BLOBSTORE,
  WASI_CONFIG,
  WASI_KEYVALUE,
  WASI_LOGGING,
  WASI_MESSAGING,
  WASI_NN,
  WASI_OBSERVE,
  WASI_OTEL,
  WASI_TLS,
} from './catalog/wasi-services.ts'
import { WASIP0, WASIP1 } from './catalog/wasip1.ts'
import { WASIP2 } from './catalog/wasip2.ts'
import { WASIP3 } from './catalog/wasip3.ts'
import { WASMCLOUD } from './catalog/wasmcloud.ts'
import type { CapabilityClass, FunctionsByClass } from './classes.ts'
import { parseInterfaceName } from './interface-name.ts'

/** Changes whenever an import changes its class, or a class its grants. */
export const CATALOG_VERSION = '2026-11-25'

/** Everything whose imports are known, the general before the particular. */
export const FAMILIES: readonly Family[] = [
  WASIP1,
  WASIP0,
  WASIP2,
  WASIP3,
  WASIP2_PRERELEASES,
  WASIP3_PRERELEASES,
  WASI_THREADS,
  WASI_NN_CORE,
  WASI_CRYPTO,
  WASI_NN,
  WASI_KEYVALUE,
  WASI_CONFIG,
  WASI_BLOBSTORE,
  WASI_MESSAGING,
  WASI_LOGGING,
  WASI_OTEL,
  WASI_OBSERVE,
  WASI_TLS,
  WASMEDGE_SOCKETS,
  PROXY_WASM,
  SPIN,
  WASMCLOUD,
  EXTISM,
  WAPC,
]

/** Functions under one name, and who describes them. */
export interface CatalogEntry {
  readonly family: Family
  readonly functions: FunctionsByClass
}

type Index = ReadonlyMap<string, readonly CatalogEntry[]>

let modules: Index | undefined
let interfaces: Index | undefined

/** Who describes imports from a core module of that name; none if nobody is known to. */
export const entriesOfModule = (module: string): readonly CatalogEntry[] =>
  (modules ??= indexed(modulesOf)).get(module) ?? []

/** As {@link entriesOfModule}, for an interface that a component imports, by its semver-compatible track. */
export function entriesOfInterface(interfaceName: string): readonly CatalogEntry[] {
  const { name, track } = parseInterfaceName(interfaceName)
  return (interfaces ??= indexed(interfacesOf)).get(versioned(name, track)) ?? []
}

/** The class of a core module's function import; undefined if no rule knows it. */
export const classOfCoreImport = (module: string, name: string): CapabilityClass | undefined =>
  classIn(entriesOfModule(module), name)

/** The class of a function in an instance that a component imports; undefined if no rule knows it. */
export const classOfInterfaceFunction = (interfaceName: string, name: string): CapabilityClass | undefined =>
  classIn(entriesOfInterface(interfaceName), name)

/** `''` for no version: what comes without one is another interface. */
const versioned = (name: string, track: string): string => (track === '' ? name : `${name}@${track}`)

type Named = readonly [name: string, functions: FunctionsByClass]

const modulesOf = ({ modules: own = {} }: Family): readonly Named[] => Object.entries(own)

const interfacesOf = ({ interfaces: own = {}, versions = '' }: Family): readonly Named[] =>
  Object.entries(own).flatMap(([key, functions]) => {
    const [name, tracks = versions] = key.split('@')
    return tracks.split(' ').map((track): Named => [versioned(name!, track), functions])
  })

function indexed(named: (family: Family) => readonly Named[]): Index {
  const index = new Map<string, CatalogEntry[]>()
  for (const family of FAMILIES)
    for (const [name, functions] of named(family)) {
      const entry = { family, functions }
      const entries = index.get(name)
      if (entries === undefined) index.set(name, [entry])
      else entries.push(entry)
    }
  return index
}

const classes = new WeakMap<FunctionsByClass, ReadonlyMap<string, CapabilityClass>>()

function classIn(entries: readonly CatalogEntry[], name: string): CapabilityClass | undefined {
  for (const { functions } of entries) {
    const found = classesOf(functions).get(name)
    if (found !== undefined) return found
  }
  return undefined
}

/** Each function's class. */
export function classesOf(functions: FunctionsByClass): ReadonlyMap<string, CapabilityClass> {
  let index = classes.get(functions)
  if (index === undefined) {
    const named = Object.entries(functions).flatMap(([name, words]) =>
      words
        .split(/\s+/)
        .filter((word) => word !== '')
        .map((word) => [word, name as CapabilityClass] as const),
    )
    classes.set(functions, (index = new Map(named)))
  }
  return index
}

export interface CatalogRow {
  readonly family: string
  /** A core module's name, or an interface with its track: `wasi:http/types@0.2`. */
  readonly module: string
  readonly name: string
  readonly class: CapabilityClass
}

/** Every function that the catalogue knows. */
export const catalogRows = (): CatalogRow[] =>
  FAMILIES.flatMap((family) =>
    [...modulesOf(family), ...interfacesOf(family)].flatMap(([module, functions]) =>
      [...classesOf(functions)].map(([name, of]) => ({ family: family.title, module, name, class: of })),
    ),
  )

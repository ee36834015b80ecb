import type { Family } from './families/family.ts'
import { JS_BUILTINS } from './families/js-builtins.ts'
import { EXTISM, WAPC } from './families/plugins.ts'
import { PROXY_WASM_PRECOMPILED, WASMEDGE_AOT } from './families/precompiled-code.ts'
import { PROXY_WASM } from './families/proxy-wasm-functions.ts'
import { SPIN } from './families/spin-interfaces.ts'
import { WASI_CRYPTO, WASI_NN_CORE, WASI_THREADS, WASMEDGE_SOCKETS } from './families/wasi-core-extensions.ts'
import { WASIP2_PRERELEASES, WASIP3_PRERELEASES } from './families/wasi-prereleases.ts'
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
} from './families/wasi-services.ts'
import { WASIP0, WASIP1 } from './families/wasip1.ts'
import { WASIP2 } from './families/wasip2.ts'
import { WASIP3 } from './families/wasip3.ts'
import { WASMCLOUD } from './families/wasmcloud-interfaces.ts'
import type { CapabilityClass, FunctionsByClass } from './classes.ts'
import { parseTrackedName } from './interface-name.ts'

/** Changes whenever an import changes its class, or a class its grants. */
export const CATALOG_VERSION = '2026-12-01'

/** All families of known imports. Order matters: the first match wins. */
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
  JS_BUILTINS,
  WASMEDGE_AOT,
  PROXY_WASM_PRECOMPILED,
]

/** Functions of one module or interface, and the family that describes them. */
export interface CatalogEntry {
  readonly family: Family
  readonly functions: FunctionsByClass
}

/** An entry of the catalogue with all its names. */
export interface CatalogListing extends CatalogEntry {
  readonly kind: 'module' | 'interface' | 'section'
  /** Of a core module, or of an interface without its version; {@link CUSTOM_SECTIONS}, whose functions are names of sections. */
  readonly name: string
  /** Of an interface: semver-compatible tracks, and prereleases in full; `''` for none. */
  readonly tracks: readonly string[]
}

/** Stands for a module's name where a family lists custom sections; no core module is called so, for it is not a name on the wire. */
export const CUSTOM_SECTIONS = '(custom sections)'

/** The whole catalogue, by module and interface. */
export const listCatalog = (): readonly CatalogListing[] => FAMILIES.flatMap(listFamily)

function listFamily(family: Family): CatalogListing[] {
  const { modules = {}, interfaces = {}, versions = '', sections } = family
  return [
    ...Object.entries(modules).map(([name, functions]): CatalogListing => ({
      kind: 'module',
      name,
      tracks: [''],
      functions,
      family,
    })),
    ...Object.entries(interfaces).map(([key, functions]): CatalogListing => {
      const [name = '', tracks = versions] = key.split('@')
      return { kind: 'interface', name, tracks: tracks.split(' '), functions, family }
    }),
    ...(sections === undefined
      ? []
      : [{ kind: 'section', name: CUSTOM_SECTIONS, tracks: [''], functions: sections, family } as const]),
  ]
}

type CatalogIndex = Readonly<Record<CatalogListing['kind'], ReadonlyMap<string, readonly CatalogEntry[]>>>

let index: CatalogIndex | undefined

const findEntries = (kind: keyof CatalogIndex, name: string): readonly CatalogEntry[] =>
  (index ??= buildIndex())[kind].get(name) ?? []

/** Entries for a core module; empty if it is not in the catalogue. */
export const findModuleEntries = (module: string): readonly CatalogEntry[] => findEntries('module', module)

/** As {@link findModuleEntries}, for an interface that a component imports, by its semver-compatible track. */
export function findInterfaceEntries(interfaceName: string): readonly CatalogEntry[] {
  const { name, track } = parseTrackedName(interfaceName)
  return findEntries('interface', appendTrack(name, track))
}

/** The class of a core module's function import; undefined if it is not in the catalogue. */
export const classifyCoreImport = (module: string, name: string): CapabilityClass | undefined =>
  findClass(findModuleEntries(module), name)

/** The class of a function in an instance that a component imports; undefined if it is not in the catalogue. */
export const classifyInterfaceFunction = (interfaceName: string, name: string): CapabilityClass | undefined =>
  findClass(findInterfaceEntries(interfaceName), name)

/** The class and family of a custom section by its name; undefined if no host is known to run it. */
export function classifySection(
  name: string,
): { readonly class: CapabilityClass; readonly family: Family } | undefined {
  for (const { functions, family } of findEntries('section', CUSTOM_SECTIONS))
    for (const [pattern, found] of mapToClasses(functions))
      if (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern)
        return { class: found, family }
  return undefined
}

/** An interface without a version is distinct from one with a version. */
export const appendTrack = (name: string, track: string): string => (track === '' ? name : `${name}@${track}`)

function buildIndex(): CatalogIndex {
  const built = {
    module: new Map<string, CatalogEntry[]>(),
    interface: new Map<string, CatalogEntry[]>(),
    section: new Map<string, CatalogEntry[]>(),
  }
  for (const listing of listCatalog())
    for (const track of listing.tracks) {
      const entries = built[listing.kind].get(appendTrack(listing.name, track))
      if (entries === undefined) built[listing.kind].set(appendTrack(listing.name, track), [listing])
      else entries.push(listing)
    }
  return built
}

const classes = new WeakMap<FunctionsByClass, ReadonlyMap<string, CapabilityClass>>()

function findClass(entries: readonly CatalogEntry[], name: string): CapabilityClass | undefined {
  for (const { functions } of entries) {
    const found = mapToClasses(functions).get(name)
    if (found !== undefined) return found
  }
  return undefined
}

/** Each function's class. */
export function mapToClasses(functions: FunctionsByClass): ReadonlyMap<string, CapabilityClass> {
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

/** Every function of the catalogue. */
export const listCatalogRows = (): CatalogRow[] =>
  listCatalog().flatMap(({ family, name: base, tracks, functions }) =>
    tracks.flatMap((track) =>
      [...mapToClasses(functions)].map(([name, of]) => ({
        family: family.title,
        module: appendTrack(base, track),
        name,
        class: of,
      })),
    ),
  )

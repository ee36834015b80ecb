import { parseExternName } from '../../wasm/component/extern-name.ts'
import {
  classifySection,
  listCatalog,
  type CatalogListing,
  mapToClasses,
  findInterfaceEntries,
  findModuleEntries,
} from '../catalog/catalog.ts'
import { findBroaderName } from './broader-name.ts'
import { type CapabilityClass, CLASSES, getClassRule } from '../catalog/classes.ts'
import type { Risk } from '../catalog/class-rule.ts'
import type { GrantKey } from '../manifest/grant-table.ts'
import type { RequestedImport } from '../catalog/classify.ts'
import { describeImitation } from '../unknown/imitation.ts'
import { parseTrackedName } from '../catalog/interface-name.ts'
import { findNearNames } from './near-names.ts'
import { describeOrigin } from '../unknown/import-origin.ts'
import { toYamlFlow } from '../../documents/yaml-flow.ts'

/** The explanation of an import, a module or interface, or a class. */
export type ImportExplanation = ExplainedFunction | ExplainedInstance | ExplainedClass | Unexplained

export interface Capability {
  readonly class: CapabilityClass
  /** Completes "it can ...". */
  readonly meaning: string
  readonly risk: Risk
  /** As YAML below `spec.grants`; absent if it needs no grant. */
  readonly grant?: string
  /** A bound that only the runtime can enforce. */
  readonly runtime?: string
  readonly runtimes: readonly RuntimeGrant[]
}

/** The flag or setting of a runtime or platform for a grant. */
export interface RuntimeGrant {
  readonly runtime: string
  readonly how: string
}

/** Looks up the flags and settings of runtimes for grants; passed in, since runtimes belong to another room. */
export type DescribeRuntimes = (grants: readonly GrantKey[]) => readonly RuntimeGrant[]

export interface SpecSource {
  readonly family: string
  readonly spec: string
}

/** One function of a core module or of an interface, or a custom section that a host runs. */
export interface ExplainedFunction extends Capability, SpecSource {
  readonly kind: 'function'
  readonly import: string
}

/** A core module or an interface, with all its functions. */
export interface ExplainedInstance {
  readonly kind: 'module' | 'interface'
  readonly import: string
  /** Known versions of an interface. */
  readonly versions: readonly string[]
  readonly sources: readonly SpecSource[]
  readonly functions: readonly {
    readonly name: string
    readonly class: CapabilityClass
    readonly risk: Risk
  }[]
}

export interface ExplainedClass extends Capability {
  readonly kind: 'class'
  readonly imports: readonly ClassImports[]
}

/** The imports of a class from one module or interface. */
export interface ClassImports extends SpecSource {
  readonly module: string
  /** As {@link ExplainedInstance}'s. */
  readonly versions: readonly string[]
  readonly names: readonly string[]
}

/** A name that is not in the catalogue, with its probable origin and similar names. */
export interface Unexplained {
  readonly kind: 'unknown'
  readonly import: string
  readonly meaning: string
  /** As YAML below `spec`. */
  readonly grant?: string
  readonly near: readonly string[]
}

/**
 * Explains a name as people write it: `wasi:http/types@0.2.3#[method]fields.get`, `wasi_snapshot_preview1.path_open`, an
 * interface, a module, a custom section that hosts run, or the name of a class.
 */
export function explainImport(text: string, describeRuntimes: DescribeRuntimes): ImportExplanation {
  if (Object.hasOwn(CLASSES, text)) return explainClass(text as CapabilityClass, describeRuntimes)
  const subject = parseExplainSubject(text)
  const listings = findListings(subject)
  if (listings.length === 0) return explainSection(text, describeRuntimes) ?? explainUnknown(text, subject)
  if (subject.function === undefined) return explainInstance(subject, listings)
  for (const { family, functions } of listings) {
    const found = mapToClasses(functions).get(subject.function)
    if (found !== undefined)
      return {
        kind: 'function',
        import: text,
        family: family.title,
        spec: family.spec,
        ...explainCapability(found, describeRuntimes),
      }
  }
  return explainUnknown(text, subject)
}

function explainSection(name: string, describeRuntimes: DescribeRuntimes): ExplainedFunction | undefined {
  const found = classifySection(name)
  return (
    found && {
      kind: 'function',
      import: name,
      family: found.family.title,
      spec: found.family.spec,
      ...explainCapability(found.class, describeRuntimes),
    }
  )
}

interface ExplainSubject {
  readonly kind: 'module' | 'interface'
  readonly name: string
  readonly function?: string
}

function parseExplainSubject(text: string): ExplainSubject {
  const hash = text.indexOf('#')
  if (hash > 0) return { kind: 'interface', name: text.slice(0, hash), function: text.slice(hash + 1) }
  if (findModuleEntries(text).length > 0) return { kind: 'module', name: text }
  const form = parseExternName(text)?.kind
  if (form === 'interface' || form === 'dependency') return { kind: 'interface', name: text }
  const [, quoted, behind] = /^"([^"\\]*)"\.(.*)$/s.exec(text) ?? []
  if (behind !== undefined) return { kind: 'module', name: quoted!, function: behind }
  const dot = text.indexOf('.')
  return dot < 0
    ? { kind: 'module', name: text }
    : { kind: 'module', name: text.slice(0, dot), function: text.slice(dot + 1) }
}

/** An interface without a version stands for all its versions. */
function findListings({ kind, name }: ExplainSubject): readonly CatalogListing[] {
  const base = kind === 'interface' ? parseTrackedName(name) : { name, track: '' }
  const own = listCatalog().filter((listing) => listing.kind === kind && listing.name === base.name)
  const exact = own.filter(({ tracks }) => tracks.includes(base.track))
  return exact.length === 0 && base.track === '' ? own : exact
}

function explainCapability(name: CapabilityClass, describeRuntimes: DescribeRuntimes): Capability {
  const { meaning, risk, grants = [], example, runtime } = getClassRule(name)
  return {
    class: name,
    meaning,
    risk,
    ...(example !== undefined && { grant: example }),
    ...(runtime !== undefined && { runtime }),
    runtimes: describeRuntimes(grants),
  }
}

const explainInstance = (
  { kind, name }: ExplainSubject,
  listings: readonly CatalogListing[],
): ExplainedInstance => ({
  kind,
  import: name,
  versions: kind === 'module' ? [] : [...new Set(listings.flatMap(({ tracks }) => tracks))],
  sources: listings.map(({ family }) => ({ family: family.title, spec: family.spec })),
  functions: [...new Map(listings.flatMap(({ functions }) => [...mapToClasses(functions)]))].map(
    ([member, found]) => ({ name: member, class: found, risk: getClassRule(found).risk }),
  ),
})

const explainClass = (name: CapabilityClass, describeRuntimes: DescribeRuntimes): ExplainedClass => ({
  kind: 'class',
  ...explainCapability(name, describeRuntimes),
  imports: listClassImports(name),
})

/** Every import of a class, by module and interface. */
export const listClassImports = (name: CapabilityClass): readonly ClassImports[] =>
  listCatalog().flatMap(({ family, kind, name: module, tracks, functions }) => {
    const names = [...mapToClasses(functions)].flatMap(([member, found]) => (found === name ? [member] : []))
    return names.length === 0
      ? []
      : [
          {
            family: family.title,
            spec: family.spec,
            module,
            versions: kind === 'interface' ? tracks : [],
            names,
          },
        ]
  })

function explainUnknown(text: string, subject: ExplainSubject): Unexplained {
  const broader = findBroaderName(text)
  if (broader !== undefined) return { kind: 'unknown', import: text, ...broader }
  const request = toRequest(subject)
  const imitation = describeImitation(request)
  return {
    kind: 'unknown',
    import: text,
    meaning: imitation ?? describeOtherVersions(subject) ?? describeOrigin(request),
    ...(imitation === undefined && suggestGrant(subject)),
    near: findNearNames(text, subject),
  }
}

/** A request as if a binary imported it. */
function toRequest({ kind, name, function: member }: ExplainSubject): RequestedImport {
  const common = { shown: name, class: undefined, offset: 0 } as const
  return kind === 'module'
    ? {
        ...common,
        from: 'core',
        core: { module: name, name: member ?? '', kind: 'func', type: '', offset: 0 },
      }
    : {
        ...common,
        from: 'component',
        kind: 'instance',
        label: name,
        interface: name,
        labelled: false,
        externalId: undefined,
        function: member,
      }
}

function describeOtherVersions({ kind, name }: ExplainSubject): string | undefined {
  if (kind === 'module' || findInterfaceEntries(name).length > 0) return undefined
  const known = findListings({ kind, name: parseTrackedName(name).name }).flatMap(({ tracks }) => tracks)
  const versions = [...new Set(known)].map((track) => (track === '' ? 'none' : track))
  return versions.length === 0
    ? undefined
    : `unknown version of the interface, expected ${versions.join(', ')}; prereleases match exactly`
}

function suggestGrant({ kind, name, function: member }: ExplainSubject): { readonly grant?: string } {
  if (member === undefined || member === '') return {}
  const entry =
    kind === 'module' ? { module: name, names: [member] } : { component: name, functions: [member] }
  return { grant: `hostInterfaces: [${toYamlFlow(entry)}]` }
}

import { parseExternName } from '../../wasm/component/extern-name.ts'
import {
  catalogListings,
  type CatalogListing,
  classesOf,
  entriesOfInterface,
  entriesOfModule,
} from '../catalog/catalog.ts'
import { broaderName } from './broader-name.ts'
import { type CapabilityClass, CLASSES, classRule } from '../catalog/classes.ts'
import type { Risk } from '../catalog/class-rule.ts'
import type { GrantKey } from '../manifest/grant-table.ts'
import type { RequestedImport } from '../catalog/classify.ts'
import { describeImitation } from '../unknown/imitation.ts'
import { parseInterfaceName } from '../catalog/interface-name.ts'
import { nearNames } from './near-names.ts'
import { describeOrigin } from '../unknown/origin.ts'
import { toYamlFlow } from '../../documents/yaml-flow.ts'

/** What is known of an import, of all imports under one name, or of a class of them. */
export type Explanation = ExplainedFunction | ExplainedInstance | ExplainedClass | Unexplained

export interface Capability {
  readonly class: CapabilityClass
  /** Completes "it can ...". */
  readonly meaning: string
  readonly risk: Risk
  /** As YAML below `spec.grants`; absent if it needs no grant. */
  readonly grant?: string
  /** What the import cannot show, so that only the runtime enforces it. */
  readonly runtime?: string
  readonly runtimes: readonly RuntimeGrant[]
}

/** How a runtime or a platform gives what a capability manifest grants: its flag, or its setting. */
export interface RuntimeGrant {
  readonly runtime: string
  readonly how: string
}

/** What is known of runtimes, which are not this room's: how each of them gives any of the grants. */
export type DescribeRuntimes = (grants: readonly GrantKey[]) => readonly RuntimeGrant[]

export interface Source {
  readonly family: string
  readonly spec: string
}

/** One function of a core module or of an interface. */
export interface ExplainedFunction extends Capability, Source {
  readonly kind: 'function'
  readonly import: string
}

/** A core module or an interface, with all its functions. */
export interface ExplainedInstance {
  readonly kind: 'module' | 'interface'
  readonly import: string
  /** Of an interface: under which versions it is known. */
  readonly versions: readonly string[]
  readonly sources: readonly Source[]
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

/** What one module or interface has of a class. */
export interface ClassImports extends Source {
  readonly module: string
  /** As {@link ExplainedInstance}'s. */
  readonly versions: readonly string[]
  readonly names: readonly string[]
}

/** What no rule knows, with what it probably is and what it may have been meant for. */
export interface Unexplained {
  readonly kind: 'unknown'
  readonly import: string
  readonly meaning: string
  /** As YAML below `spec`. */
  readonly grant?: string
  readonly near: readonly string[]
}

/**
 * Explains an import as people write it: `wasi:http/types@0.2.3#[method]fields.get`, `wasi_snapshot_preview1.path_open`, an
 * interface, a module, or the name of a class.
 */
export function explain(text: string, describeRuntimes: DescribeRuntimes): Explanation {
  if (Object.hasOwn(CLASSES, text)) return explainClass(text as CapabilityClass, describeRuntimes)
  const subject = subjectOf(text)
  const listings = listingsOf(subject)
  if (listings.length === 0) return explainUnknown(text, subject)
  if (subject.function === undefined) return explainInstance(subject, listings)
  for (const { family, functions } of listings) {
    const found = classesOf(functions).get(subject.function)
    if (found !== undefined)
      return {
        kind: 'function',
        import: text,
        family: family.title,
        spec: family.spec,
        ...capabilityOf(found, describeRuntimes),
      }
  }
  return explainUnknown(text, subject)
}

interface Subject {
  readonly kind: 'module' | 'interface'
  readonly name: string
  readonly function?: string
}

function subjectOf(text: string): Subject {
  const hash = text.indexOf('#')
  if (hash > 0) return { kind: 'interface', name: text.slice(0, hash), function: text.slice(hash + 1) }
  if (entriesOfModule(text).length > 0) return { kind: 'module', name: text }
  const form = parseExternName(text)?.kind
  if (form === 'interface' || form === 'dependency') return { kind: 'interface', name: text }
  const [, quoted, behind] = /^"([^"\\]*)"\.(.*)$/s.exec(text) ?? []
  if (behind !== undefined) return { kind: 'module', name: quoted!, function: behind }
  const dot = text.indexOf('.')
  return dot < 0
    ? { kind: 'module', name: text }
    : { kind: 'module', name: text.slice(0, dot), function: text.slice(dot + 1) }
}

/** An interface without a version stands for every version that it comes in. */
function listingsOf({ kind, name }: Subject): readonly CatalogListing[] {
  const base = kind === 'interface' ? parseInterfaceName(name) : { name, track: '' }
  const own = catalogListings().filter((listing) => listing.kind === kind && listing.name === base.name)
  const exact = own.filter(({ tracks }) => tracks.includes(base.track))
  return exact.length === 0 && base.track === '' ? own : exact
}

function capabilityOf(name: CapabilityClass, describeRuntimes: DescribeRuntimes): Capability {
  const { meaning, risk, grants = [], example, runtime } = classRule(name)
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
  { kind, name }: Subject,
  listings: readonly CatalogListing[],
): ExplainedInstance => ({
  kind,
  import: name,
  versions: kind === 'module' ? [] : [...new Set(listings.flatMap(({ tracks }) => tracks))],
  sources: listings.map(({ family }) => ({ family: family.title, spec: family.spec })),
  functions: [...new Map(listings.flatMap(({ functions }) => [...classesOf(functions)]))].map(
    ([member, found]) => ({ name: member, class: found, risk: classRule(found).risk }),
  ),
})

const explainClass = (name: CapabilityClass, describeRuntimes: DescribeRuntimes): ExplainedClass => ({
  kind: 'class',
  ...capabilityOf(name, describeRuntimes),
  imports: importsOfClass(name),
})

/** Every import of a class, by module and interface, with the versions that these come in. */
export const importsOfClass = (name: CapabilityClass): readonly ClassImports[] =>
  catalogListings().flatMap(({ family, kind, name: module, tracks, functions }) => {
    const names = [...classesOf(functions)].flatMap(([member, found]) => (found === name ? [member] : []))
    return names.length === 0
      ? []
      : [
          {
            family: family.title,
            spec: family.spec,
            module,
            versions: kind === 'module' ? [] : tracks,
            names,
          },
        ]
  })

function explainUnknown(text: string, subject: Subject): Unexplained {
  const broader = broaderName(text)
  if (broader !== undefined) return { kind: 'unknown', import: text, ...broader }
  const request = requestFor(subject)
  const imitation = describeImitation(request)
  return {
    kind: 'unknown',
    import: text,
    meaning: imitation ?? otherVersions(subject) ?? describeOrigin(request),
    ...(imitation === undefined && grantFor(subject)),
    near: nearNames(text, subject),
  }
}

/** As if a binary had asked for it. */
function requestFor({ kind, name, function: member }: Subject): RequestedImport {
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

function otherVersions({ kind, name }: Subject): string | undefined {
  if (kind === 'module' || entriesOfInterface(name).length > 0) return undefined
  const known = listingsOf({ kind, name: parseInterfaceName(name).name }).flatMap(({ tracks }) => tracks)
  const versions = [...new Set(known)].map((track) => (track === '' ? 'none' : track))
  return versions.length === 0
    ? undefined
    : `no rule knows this version of the interface: known are ${versions.join(', ')}; prereleases match exactly`
}

function grantFor({ kind, name, function: member }: Subject): { readonly grant?: string } {
  if (member === undefined || member === '') return {}
  const entry =
    kind === 'module' ? { module: name, names: [member] } : { component: name, functions: [member] }
  return { grant: `hostInterfaces: [${toYamlFlow(entry)}]` }
}

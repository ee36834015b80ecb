import { WasmpackError } from '../../errors.ts'
import { printable, quoted } from '../../printable.ts'
import type {
  ComponentImport,
  ComponentInspection,
  ComponentKind,
  CoreImport,
  CustomSection,
  Inspection,
} from '../../wasm/types/inspection.ts'
import { parseExternName } from '../../wasm/component/extern-name.ts'
import { classifyCoreImport, classifyInterfaceFunction, classifySection } from './catalog.ts'
import type { CapabilityClass } from './classes.ts'
import { joinVersionSuffix } from './interface-name.ts'

/** What a module asks of its host: an import, or to run a custom section. */
export type CapabilityRequest = RequestedImport | RequestedSection

/** One import of the host: a core import, or one function of an instance that a component imports. */
export type RequestedImport = RequestedCoreImport | RequestedComponentImport

interface Requested {
  /** For people, safe on a terminal: `env.abort`, `wasi:cli/exit@0.2.0#exit`. */
  readonly shown: string
  /** Undefined if it is not in the catalogue. */
  readonly class: CapabilityClass | undefined
  /** Of the import in the binary. */
  readonly offset: number
}

export interface RequestedCoreImport extends Requested {
  readonly from: 'core'
  readonly core: CoreImport
}

export interface RequestedComponentImport extends Requested {
  readonly from: 'component'
  readonly kind: ComponentKind
  /** The import's own name: an interface, or a label. */
  readonly label: string
  /** The implemented interface with its full version; without `implements`, the name itself. */
  readonly interface: string
  readonly labelled: boolean
  readonly externalId: string | undefined
  /** Of an instance; undefined if it has only types, and for other kinds. */
  readonly function: string | undefined
}

/** A custom section that a host would run as code, or that holds an object file. */
export interface RequestedSection extends Requested {
  readonly from: 'section'
  readonly class: CapabilityClass
}

/** All imports of the host, then the custom sections that a host would run, those of nested binaries too; without duplicates. */
export const listCapabilityRequests = (inspection: Inspection): readonly CapabilityRequest[] => [
  ...listRequestedImports(inspection),
  ...listRequestedSections(inspection),
]

function listRequestedSections(inspection: Inspection): RequestedSection[] {
  const own = inspection.customSections.flatMap((section) => toSectionRequest(section, ''))
  const nested = inspection.kind === 'component' ? inspection.nested.contents : []
  const all = own.concat(
    nested.flatMap(({ kind, customSections }) =>
      customSections.flatMap((section) => toSectionRequest(section, ` of a nested ${kind}`)),
    ),
  )
  const first = new Map<string, RequestedSection>()
  for (const request of all) if (!first.has(request.shown)) first.set(request.shown, request)
  return [...first.values()]
}

/** In an array, or an empty array if no host is known to run the section. */
function toSectionRequest({ name, objectFormat, offset }: CustomSection, where: string): RequestedSection[] {
  const found =
    classifySection(name)?.class ?? (objectFormat === undefined ? undefined : ('native-code' as const))
  if (found === undefined) return []
  const content = objectFormat === undefined ? '' : ` (${objectFormat})`
  const shown = `custom section ${quoted(shortenName(name))}${content}${where}`
  return [{ from: 'section', shown, class: found, offset }]
}

/**
 * All imports of the host, without duplicates, in binary order. Throws MODULE_MALFORMED for a WIT package, which has no code.
 */
export function listRequestedImports(inspection: Inspection): RequestedImport[] {
  if (inspection.kind === 'wit')
    throw new WasmpackError('MODULE_MALFORMED', 'the file is a WIT package: it has no code to run', {
      hint: 'pass the component built from it; use wkg to publish WIT packages',
    })
  const requests =
    inspection.kind === 'module' ? inspection.imports.map(toCoreRequest) : toComponentRequests(inspection)
  const seen = new Set<string>()
  return requests.filter((request) => {
    const known = seen.size
    return seen.add(toIdentityKey(request)).size > known
  })
}

const toIdentityKey = (request: RequestedImport): string =>
  request.from === 'core'
    ? JSON.stringify([request.core.module, request.core.name, request.core.kind, request.core.type])
    : JSON.stringify([request.label, request.interface, request.kind, request.function])

const SHOWN_LENGTH = 240

const shortenName = (name: string, length = SHOWN_LENGTH): string =>
  name.length > length ? `${name.slice(0, length)}...` : name

const printShortened = (name: string): string => printable(shortenName(name))

/** The name of a core import or its module, quoted if it contains a space, comma, quote or backslash. */
export const formatImportName = (name: string, length?: number): string =>
  (/^[^\s",\\]+$/.test(name) ? printable : quoted)(shortenName(name, length))

const formatCoreImport = ({ module, name }: CoreImport): string =>
  `${module.includes('.') ? quoted(shortenName(module)) : formatImportName(module)}.${formatImportName(name)}`

const toCoreRequest = (core: CoreImport): RequestedCoreImport => ({
  from: 'core',
  core,
  shown: formatCoreImport(core),
  class: core.kind === 'func' ? classifyCoreImport(core.module, core.name) : undefined,
  offset: core.offset,
})

const toComponentRequests = (component: ComponentInspection): RequestedComponentImport[] =>
  component.imports.flatMap((found) =>
    found.kind === 'instance' && found.functions.length > 0
      ? found.functions.map((name) => toComponentRequest(found, name))
      : [toComponentRequest(found, undefined)],
  )

function toComponentRequest(found: ComponentImport, name: string | undefined): RequestedComponentImport {
  const { name: versioned, implements: implemented } = joinVersionSuffix(found)
  // The attribute only applies to instances.
  const labelled = found.kind === 'instance' && implemented !== undefined
  const target = labelled ? implemented : versioned
  const alias = labelled ? ` (implements ${target})` : ''
  return {
    from: 'component',
    kind: found.kind,
    label: found.name,
    interface: target,
    labelled,
    externalId: found.externalId,
    function: name,
    shown: printShortened(name === undefined ? `${versioned}${alias}` : `${versioned}#${name}${alias}`),
    class: classifyComponentImport(found.kind, target, name),
    offset: found.offset,
  }
}

function classifyComponentImport(
  kind: ComponentKind,
  target: string,
  name: string | undefined,
): CapabilityClass | undefined {
  if (kind === 'type') return 'types-only'
  if (kind !== 'instance') return undefined
  if (name !== undefined) return classifyInterfaceFunction(target, name)
  return parseExternName(target)?.kind === 'dependency' ? undefined : 'types-only'
}

import type { Inspection } from '../../wasm/types/inspection.ts'
import type { Risk } from '../catalog/class-rule.ts'
import { type CapabilityClass, getClassRule } from '../catalog/classes.ts'
import { listCapabilityRequests, listRequestedImports, type RequestedImport } from '../catalog/classify.ts'
import { createHostInterfaces } from '../evaluate/host-interfaces.ts'
import type { CapabilityManifest, CapabilitySpec, HostInterface } from '../manifest/manifest.ts'
import { HostInterfaceSet } from '../policy/ceiling-host-interfaces.ts'
import { diffGrants } from './diff-grants.ts'

/** One version of a module in a comparison. */
export interface ComparedModule {
  readonly inspection: Inspection
  /** Absent if it has no grants. */
  readonly capabilities?: CapabilityManifest | undefined
}

/** What a version imports and is granted: the most that another one may have without growth. */
export interface CapabilitySet extends Pick<CapabilitySpec, 'grants' | 'hostInterfaces' | 'onUnknownImport'> {
  /** Of its imports and of the custom sections that hosts run, sorted; a later catalogue may have others. */
  readonly classes: readonly string[]
  /** Those that are not in the catalogue. */
  readonly imports: readonly HostInterface[]
}

/** Names of the capabilities that one version has and another has not. */
export interface AddedCapabilities {
  /** Classes that need a grant or have a risk. */
  readonly classes: readonly CapabilityClass[]
  /** Imports that are not in the catalogue. */
  readonly imports: readonly string[]
  /** New or widened. */
  readonly grants: readonly string[]
}

/** Where a capability manifest has a grant. */
export const toManifestPath = (grant: string): string =>
  grant === 'hostInterfaces' || grant === 'onUnknownImport' ? `spec.${grant}` : `spec.grants.${grant}`

export const addsCapabilities = ({ classes, imports, grants }: AddedCapabilities): boolean =>
  classes.length + imports.length + grants.length > 0

/** What a module has. Throws MODULE_MALFORMED for a WIT package, which has no code. */
export function listCapabilities({ inspection, capabilities }: ComparedModule): CapabilitySet {
  const { grants = {}, hostInterfaces, onUnknownImport } = capabilities?.spec ?? {}
  return {
    classes: [...listClasses(inspection)].sort(),
    imports: createHostInterfaces(listUnknownImports(inspection)).map(omitType),
    grants,
    ...(hostInterfaces && { hostInterfaces }),
    ...(onUnknownImport && { onUnknownImport }),
  }
}

/** What a module has beyond a set; the riskiest classes first. Throws MODULE_MALFORMED for a WIT package. */
export function findGrowth(
  before: CapabilitySet,
  { inspection, capabilities }: ComparedModule,
): AddedCapabilities {
  const known = new Set(before.classes)
  const imports = new HostInterfaceSet(before.imports)
  return {
    classes: [...listClasses(inspection)]
      .filter((name) => !known.has(name) && isCapability(name, inspection))
      .sort((one, two) => RISKS.indexOf(getClassRule(one).risk) - RISKS.indexOf(getClassRule(two).risk)),
    imports: listUnknownImports(inspection)
      .filter((request) => !createHostInterfaces([request]).every((entry) => imports.contains(entry)))
      .map(({ shown }) => shown),
    grants: diffGrants(before, capabilities?.spec)
      .filter(({ added }) => added !== undefined)
      .map(({ grant }) => grant),
  }
}

const RISKS: readonly Risk[] = ['high', 'medium', 'low', 'none']

const listClasses = (inspection: Inspection): ReadonlySet<CapabilityClass> =>
  new Set(listCapabilityRequests(inspection).flatMap((request) => request.class ?? []))

const listUnknownImports = (inspection: Inspection): readonly RequestedImport[] =>
  listRequestedImports(inspection).filter((request) => request.class === undefined)

/** Another type of a function is no other capability. */
function omitType(entry: HostInterface): HostInterface {
  if (!('type' in entry)) return entry
  const { type: _, ...untyped } = entry
  return untyped
}

/**
 * Use of handles is not a capability of its own, except that reading and writing files count if the module can open them.
 */
function isCapability(name: CapabilityClass, inspection: Inspection): boolean {
  const { grants, risk } = getClassRule(name)
  if (name === 'fs.handle.read' || name === 'fs.handle.write')
    return listRequestedImports(inspection).some((request) => request.class === 'fs.open')
  return grants !== undefined || risk === 'medium' || risk === 'high'
}

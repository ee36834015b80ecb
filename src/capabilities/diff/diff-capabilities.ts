import type { Feature } from '../../wasm/binary/features.ts'
import type { Inspection } from '../../wasm/types/inspection.ts'
import { type CapabilityClass, getClassRule } from '../catalog/classes.ts'
import { listRequestedImports } from '../catalog/classify.ts'
import { type ConstraintChange, diffConstraints } from './diff-constraints.ts'
import { type ExportsDiff, diffExports } from './diff-exports.ts'
import { diffGrants, type GrantChange } from './diff-grants.ts'
import { type ClassChange, diffClasses, diffImports, type ImportsDiff } from './diff-imports.ts'
import { diffResources, type ResourceChange } from './diff-resources.ts'
import type { CapabilityManifest } from '../manifest/manifest.ts'

/** One version of a module in a comparison. */
export interface ComparedModule {
  readonly inspection: Inspection
  /** Absent if it has no grants. */
  readonly capabilities?: CapabilityManifest | undefined
}

/** All changes from one version of a module to another; not a verdict. */
export interface CapabilityDiff {
  readonly added: AddedCapabilities
  readonly classes: { readonly added: readonly ClassChange[]; readonly removed: readonly ClassChange[] }
  readonly imports: ImportsDiff
  readonly grants: readonly GrantChange[]
  /** Constraints of the capability manifests. */
  readonly constraints: readonly ConstraintChange[]
  /** Resources declared by the binaries. */
  readonly resources: readonly ResourceChange[]
  readonly exports: ExportsDiff
  /** Features shown by types, limits and sections. */
  readonly features: { readonly added: readonly Feature[]; readonly removed: readonly Feature[] }
  readonly size: { readonly old: number; readonly new: number }
}

/** Names of the capabilities that the new version has and the old one has not. */
export interface AddedCapabilities {
  /** Classes that need a grant or have a risk. */
  readonly classes: readonly CapabilityClass[]
  /** Imports that are not in the catalogue. */
  readonly imports: readonly string[]
  /** New or widened. */
  readonly grants: readonly string[]
}

/** Compares two versions; throws MODULE_MALFORMED for a WIT package, which has no code. */
export function diffCapabilities(old: ComparedModule, now: ComparedModule): CapabilityDiff {
  const classes = diffClasses(old.inspection, now.inspection)
  const imports = diffImports(old.inspection, now.inspection)
  const grants = diffGrants(old.capabilities?.spec, now.capabilities?.spec)
  return {
    added: {
      classes: selectCapabilities(
        classes.added.map(({ class: name }) => name),
        now.inspection,
      ),
      imports: imports.added.filter((found) => found.class === undefined).map((found) => found.import),
      grants: grants.filter(({ added }) => added !== undefined).map(({ grant }) => grant),
    },
    classes,
    imports,
    grants,
    constraints: diffConstraints(old.capabilities?.spec, now.capabilities?.spec),
    resources: diffResources(old.inspection, now.inspection),
    exports: diffExports(old.inspection, now.inspection),
    features: {
      added: findMissingFeatures(old.inspection.features, now.inspection.features),
      removed: findMissingFeatures(now.inspection.features, old.inspection.features),
    },
    size: { old: old.inspection.size, new: now.inspection.size },
  }
}

const findMissingFeatures = (one: readonly Feature[], other: readonly Feature[]): readonly Feature[] =>
  other.filter((feature) => !one.includes(feature))

export const addsCapabilities = ({ classes, imports, grants }: AddedCapabilities): boolean =>
  classes.length + imports.length + grants.length > 0

/**
 * Use of handles is not a capability of its own, except that reading and writing files count if the module can open them.
 */
function selectCapabilities(added: readonly CapabilityClass[], now: Inspection): CapabilityClass[] {
  const opensFiles = listRequestedImports(now).some((request) => request.class === 'fs.open')
  return added.filter((name) => {
    const { grants, risk } = getClassRule(name)
    if (name === 'fs.handle.read' || name === 'fs.handle.write') return opensFiles
    return grants !== undefined || risk === 'medium' || risk === 'high'
  })
}

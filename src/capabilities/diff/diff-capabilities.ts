import type { Feature } from '../../wasm/binary/features.ts'
import { type ConstraintChange, diffConstraints } from './diff-constraints.ts'
import { type ExportsDiff, diffExports } from './diff-exports.ts'
import { diffGrants, type GrantChange } from './diff-grants.ts'
import { type ClassChange, diffClasses, diffImports, type ImportsDiff } from './diff-imports.ts'
import { diffResources, type ResourceChange } from './diff-resources.ts'
import { type AddedCapabilities, type ComparedModule, findGrowth, listCapabilities } from './find-growth.ts'

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

/** Compares two versions; throws MODULE_MALFORMED for a WIT package, which has no code. */
export function diffCapabilities(old: ComparedModule, now: ComparedModule): CapabilityDiff {
  const classes = diffClasses(old.inspection, now.inspection)
  const imports = diffImports(old.inspection, now.inspection)
  const grants = diffGrants(old.capabilities?.spec, now.capabilities?.spec)
  return {
    added: findGrowth(listCapabilities(old), now),
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

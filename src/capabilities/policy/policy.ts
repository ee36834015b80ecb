import type { SourceLocation } from '../../documents/source-map.ts'
import type { Constraints } from '../manifest/constraints.ts'
import type { HostInterface } from '../manifest/manifest.ts'
import type { Grants } from '../manifest/grant-table.ts'

/**
 * What modules may ask for at most, whatever their capability manifests grant. Every part only restricts, and all policies in
 * force hold at once. The JSON Schema is `schemas/capability-policy.v1alpha1.schema.json`.
 */
export interface CapabilityPolicy {
  readonly metadata: { readonly name: string; readonly description?: string }
  readonly spec: PolicySpec
}

export interface PolicySpec extends Pick<Constraints, 'exports' | 'limits' | 'features'> {
  /** The repositories that it is for; all if absent. */
  readonly match?: { readonly repositories: readonly string[] }
  /** A module that no capability manifest binds is refused, also where looking at manifests was left out. */
  readonly requireManifest?: true
  /** Classes and groups of them, as {@link deniedBy} reads them. */
  readonly deny?: readonly string[]
  /** What may be granted: no import and no capability manifest goes beyond it. All if absent. */
  readonly ceiling?: Grants
  /** The same for imports that the catalogue does not know: with a ceiling none if absent, without one all. */
  readonly hostInterfaces?: readonly HostInterface[]
}

/** A policy, and where each part of it stands. */
export interface LocatedPolicy {
  readonly policy: CapabilityPolicy
  readonly file: string
  /** Where a part stands, or what is nearest to it of the parts around it. */
  locate(path: string): SourceLocation
}

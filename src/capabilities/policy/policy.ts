import type { Locate } from '../../documents/locator.ts'
import type { Metadata } from '../../documents/metadata.ts'
import type { RepositoryMatch } from '../../documents/repository-pattern.ts'
import type { Constraints } from '../manifest/constraints.ts'
import type { HostInterface } from '../manifest/manifest.ts'
import type { SignerParts } from '../../trust/signers.ts'
import type { Grants } from '../manifest/grant-table.ts'

/**
 * The most that modules may import and be granted. Every part restricts, and all policies in force apply together. The JSON Schema is `schemas/capability-policy.v1alpha1.schema.json`.
 */
export interface CapabilityPolicy {
  readonly metadata: Metadata
  readonly spec: PolicySpec
}

export interface PolicySpec extends Pick<Constraints, 'exports' | 'limits' | 'features'>, SignerParts {
  /** The repositories that the policy applies to; all if absent. */
  readonly match?: RepositoryMatch
  /** Refuses a module without a capability manifest, even if capability checks were skipped by a flag. */
  readonly requireManifest?: true
  /** Classes and groups of classes, see {@link expandDenyEntry}. */
  readonly deny?: readonly string[]
  /** The most that may be granted, for imports and for capability manifests; no limit if absent. */
  readonly ceiling?: Grants
  /** The ceiling for imports that are not in the catalogue. If absent, none are allowed with a ceiling and all without one. */
  readonly hostInterfaces?: readonly HostInterface[]
  /** How far a version may ask for more than versions before it. */
  readonly growth?: Growth
  /** The role whose versions count as versions before; with every growth but `approved`. */
  readonly signedBy?: string
  /** The role whose approvals count; with the growth `approved`. */
  readonly approvedBy?: string
}

export const GROWTHS = ['never', 'minor', 'major', 'approved'] as const

/**
 * `never`, or only where the minor or the major number of the version rises; or, for `approved`, up to what the newest approval
 * covers, whatever the versions are.
 */
export type Growth = (typeof GROWTHS)[number]

/** A policy with the positions of its parts. */
export interface LocatedPolicy {
  readonly policy: CapabilityPolicy
  readonly file: string
  /** The location of a part, or of the nearest part around it if it is absent. */
  readonly locate: Locate
}

import type { Evidence } from './evidence.ts'
import type { Finding } from './finding.ts'
import type { CapabilityManifest } from '../manifest/manifest.ts'
import type { LimitReport } from './verdict.ts'

/** A requirement besides capability manifests: a policy or a target. */
export interface ModuleRequirement {
  /** Whether it needs a scan of the instructions. */
  readonly needsInstructions: boolean
  /** All findings; `manifests` are those that apply to the module, possibly none. */
  judge(evidence: Evidence, manifests: readonly CapabilityManifest[]): readonly Finding[]
  /** Reports of the limits that are met. */
  limits?(evidence: Evidence): readonly LimitReport[]
}

import type { Evidence } from './evidence.ts'
import type { Finding } from './finding.ts'
import type { CapabilityManifest } from '../manifest/manifest.ts'
import type { LimitReport } from './verdict.ts'

/** What a module has to meet beside its capability manifests: a policy in force, the world where it is going to run. */
export interface ModuleRequirement {
  /** Whether it asks for the features of instructions, which are read only then. */
  readonly needsInstructions: boolean
  /** Everything that is wrong; the manifests are the ones that bind the module, none if there are none. */
  judge(evidence: Evidence, manifests: readonly CapabilityManifest[]): readonly Finding[]
  /** What it limits and is kept, as far as the binary shows it. */
  limits?(evidence: Evidence): readonly LimitReport[]
}

import type { CapabilityManifest } from '../capabilities/manifest/manifest.ts'
import type { Operation, ReadOnlyTarget } from '../oci/target.ts'
import type { ResolvedArtifact } from './admit.ts'
import type { PolicyInForce } from './policies.ts'
import type { AppliedTrust } from './trust-policies.ts'

/** The policies for a repository, and the repository whose versions and approvals they look at. */
export interface GrowthScope {
  readonly policies: readonly PolicyInForce[]
  readonly trust: AppliedTrust
  /** `host[:port]/name`; undefined if it is not known. */
  readonly repository: string | undefined
  /** Opens the repository; absent if the artifact is there. */
  readonly openHistory?: () => Promise<ReadOnlyTarget>
}

/** A version whose growth is judged. */
export interface GrowthCandidate {
  /** Of its manifest. */
  readonly annotations: Readonly<Record<string, string>>
  /** The embedded capability manifest. */
  readonly capabilities: CapabilityManifest | undefined
}

/** A scope with its repository opened. */
export interface OpenedGrowthScope extends GrowthScope {
  readonly history: ReadOnlyTarget
}

/** Whether a policy says how far a version may grow. */
export const hasGrowth = ({ policies }: GrowthScope): boolean =>
  policies.some(({ policy }) => policy.spec.growth !== undefined)

/** Adds what the policies with a growth ask of the module of an artifact. A failed look-up throws. */
export async function addGrowthRequirements(
  target: ReadOnlyTarget,
  opened: ResolvedArtifact,
  scopes: readonly GrowthScope[],
  operation: Operation,
): Promise<ResolvedArtifact> {
  const growing = scopes.filter(hasGrowth)
  if (growing.length === 0) return opened
  const [{ createGrowthRequirements }, { readEmbeddedCapabilities }] = await Promise.all([
    import('./growth-requirements.ts'),
    import('./inspect-subject.ts'),
  ])
  const capabilities = readEmbeddedCapabilities(opened)
  if (capabilities instanceof Error) throw capabilities
  const { annotations } = opened.manifest
  const requirements = [...opened.requirements]
  for (const scope of growing) {
    const history = (await scope.openHistory?.()) ?? target
    const found = await createGrowthRequirements(
      { annotations, capabilities },
      { ...scope, history },
      operation,
    )
    requirements.push(...found.map(({ requirement }) => requirement))
  }
  return { ...opened, requirements }
}

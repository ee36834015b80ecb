import { findExecutableContent } from '../artifact/text-document.ts'
import { copyArtifact, type CopyRequest, type CopyResult } from '../oci/copy.ts'
import { type Index, type Manifest, getSuccessors } from '../oci/manifest.ts'
import { MemoizedTarget } from '../oci/memoized-target.ts'
import { formatRepository, type Reference } from '../oci/reference.ts'
import type { Operation, ReadOnlyTarget, ReferrersOperation, Target } from '../oci/target.ts'
import { admitModule, type AdmissionResult, type AdmissionRequest, resolveForAdmission } from './admit.ts'
import type { TrustJudgement } from './enforce-trust.ts'
import { addGrowthRequirements, type GrowthScope } from './growth.ts'
import type { AppliedTrust } from './trust-policies.ts'
import { verifyArtifact } from './verify.ts'

/** The source and the destination of a copy. */
export interface CopyEndpoints {
  readonly from: { readonly reference: Reference; readonly target: ReadOnlyTarget }
  readonly to: { readonly reference: Reference; readonly target: Target }
}

/** A resolved artifact, with `admission` if it was checked. */
export interface CopySource {
  readonly root: Manifest | Index
  /** Serves the checked content from memory where it was checked. */
  readonly source: ReadOnlyTarget
  readonly admission?: AdmissionResult
  /** What the trust policies said. */
  readonly trust?: readonly TrustJudgement[] | undefined
}

/** What an artifact is checked for before it is handed on. */
export interface CopyChecks {
  readonly admission?: AdmissionRequest | undefined
  readonly trustPolicies: AppliedTrust
  /** One for each repository whose policies are in force. */
  readonly growth?: readonly GrowthScope[]
}

/**
 * Resolves an artifact, holds it against the trust policies and, with an `admission`, checks its signatures, digests and imports, without writing anything.
 * The caller drops it if the verdict denies the module.
 */
export async function findCopySource(
  target: ReadOnlyTarget,
  name: string,
  { admission: request, trustPolicies, growth = [] }: CopyChecks,
  operation: Operation,
): Promise<CopySource> {
  if (request === undefined) {
    const { manifest, trust } = await verifyArtifact(
      target,
      name,
      { verifier: 'ignored', trustPolicies },
      operation,
    )
    return { root: manifest, source: target, trust }
  }
  const source = new MemoizedTarget(target)
  const resolved = await resolveForAdmission(source, name, { ...request, trustPolicies }, operation)
  const opened = await addGrowthRequirements(source, resolved, growth, operation)
  const admission = await admitModule(source, opened, undefined, operation)
  return { root: opened.manifest, source, admission, trust: opened.trust }
}

export type PromoteOptions = Pick<CopyRequest, 'tags' | 'withReferrers' | 'beforeTags'>

/** Copies the artifact and writes its tags last, see {@link copyArtifact}; commits an archive. */
export async function promoteArtifact(
  { root, source, admission }: CopySource,
  { from, to }: CopyEndpoints,
  { tags, withReferrers, beforeTags }: PromoteOptions,
  operation: ReferrersOperation,
): Promise<CopyResult> {
  if (admission?.verdict?.allowed === false) throw new Error('a refused artifact must not reach promote')
  const request = {
    source,
    destination: to.target,
    root,
    tags,
    withReferrers,
    beforeTags,
    mountFrom: findMountSource(from.reference, to.reference),
    findObstacle:
      admission === undefined
        ? undefined
        : async (companion: Manifest | Index) =>
            companion.kind === 'index'
              ? 'is an index, which is not a signature, attestation, SBOM or document'
              : findExecutableContent(companion, (blob) => source.fetch(blob, { signal: operation.signal })),
    trustsExistingManifests: to.reference.kind === 'registry',
  }
  try {
    const copied = await copyArtifact(request, operation)
    await to.target.commit?.({ signal: operation.signal })
    return copied
  } finally {
    await to.target.discard?.()
  }
}

/** Bytes of the artifact's own blobs together; blobs below an index are not known beforehand. */
export const countContents = ({ root }: CopySource): number =>
  getSuccessors(root).reduce((sum, { size }) => sum + size, 0)

/** The source's repository, where the destination's registry has it. */
function findMountSource(from: Reference, to: Reference): string | undefined {
  const isWithin =
    from.kind === 'registry' &&
    to.kind === 'registry' &&
    from.registry === to.registry &&
    formatRepository(from) !== formatRepository(to)
  return isWithin ? from.repository : undefined
}

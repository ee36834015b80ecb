import { allOrNone } from '../in-parallel.ts'
import type { Digest } from '../oci/digest.ts'
import { MemoizedTarget } from '../oci/memoized-target.ts'
import type { Operation, Target } from '../oci/target.ts'
import { findTagStates, writeTags } from '../oci/write-tags.ts'
import type { AttachResult } from '../attestations/attach.ts'
import { attestArtifact } from '../attestations/attest.ts'
import { confirmAttached } from '../attestations/confirm-attached.ts'
import { type Signatures, signInFormats } from '../attestations/sign-formats.ts'
import type { Signing } from '../signing/signing.ts'
import type { Attestation } from './attest.ts'
import { buildCapabilityAttestation } from './capability-attestation.ts'
import type { Artifact, PreparedPush } from './prepare.ts'

/** Without a signer, the artifact is published unsigned. */
export interface PublishRequest extends Partial<Signing> {
  readonly target: Target
  /** At least one; all are written last. */
  readonly tags: readonly string[]
  /** A repository of the same registry that the user named: the layer is mounted from there if it has it. */
  readonly mountFrom?: string | undefined
  /** RFC 3339, for the annotations of signature and attestation. */
  readonly signedAt: string
  /** What is attested besides the capabilities; needs a signer. */
  readonly attest?: readonly Attestation[]
}

export interface PublishResult extends Signatures {
  readonly digest: Digest
  /** Whether an artifact was written, or every tag named this very one already. */
  readonly written: boolean
  /** Of the capabilities. */
  readonly attestation?: AttachResult
  /** Of what was to be attested besides, in that order. */
  readonly attestations?: readonly AttachResult[]
}

/**
 * Publishes a prepared artifact: blobs, manifest, signature and attestation, and only then the tags, so that no tag ever names
 * an artifact that is incomplete or still without its signature. An unchanged artifact is not written again, but gets a signature
 * or an attestation that it lacks.
 */
export async function publishArtifact(
  prepared: PreparedPush,
  request: PublishRequest,
  operation: Operation,
): Promise<PublishResult> {
  if (!prepared.verdict.allowed) throw new Error('a refused module must not reach publish')
  const { target, tags, signer, witnesses = [], format, mountFrom } = request
  const { signal } = operation
  const named = await findTagStates(target, tags, { signal })
  // Where a tag names something, or there is something to mount, the layer may be there: only its digest can tell.
  const isNew =
    prepared.unread && mountFrom === undefined && named.every(({ digest }) => digest === undefined)
  const { manifest, config, layer, module } = isNew
    ? await prepared.send(target, operation)
    : await prepared.artifact()
  const isTagged = named.some(({ digest }) => digest === manifest.digest)
  // A tag that names it is the store's word for the manifest alone; the layer is what may have been lost or damaged since.
  const kept = isTagged && (await target.exists(layer.descriptor, { signal }))
  if (!kept) {
    if (!isNew)
      await allOrNone(signal, (signal) => [
        target.push(layer, { ...operation, signal, from: mountFrom }),
        target.push(config, { signal }),
      ])
    if (signer) await target.pushManifest(manifest, undefined, { signal })
  }
  const attached = signer
    ? await signAndAttest(prepared, { manifest, module }, { signer, witnesses, format }, request, { signal })
    : {}
  const written = await writeTags(target, manifest, named, { signal })
  return { digest: manifest.digest, written: !kept || written > 0, ...attached }
}

/**
 * Signs the artifact and attests its capabilities, unless the same signer has done so before, and reads a new signature back. Throws
 * REGISTRY_REFUSED if the registry did not keep it.
 */
async function signAndAttest(
  prepared: PreparedPush,
  { manifest, module }: Pick<Artifact, 'manifest' | 'module'>,
  signing: Signing,
  { target, signedAt, attest = [] }: PublishRequest,
  operation: Operation,
): Promise<Omit<PublishResult, 'digest' | 'written'>> {
  const { signer, witnesses } = signing
  // The memory looks up existing referrers once for all.
  const common = { created: signedAt, lookIn: new MemoizedTarget(target) }
  const signatures = await signInFormats(target, manifest, signing, common, operation)
  const attestations: AttachResult[] = []
  for (const one of [buildCapabilityAttestation(prepared, module), ...attest]) {
    const { aboutModule = false, ...attestation }: Attestation = one
    const options = { ...common, witnesses, ...attestation, alsoAbout: aboutModule ? [module] : [] }
    attestations.push(await attestArtifact(target, manifest, signer, options, operation))
  }
  const { signature } = signatures
  if (signature?.written)
    await confirmAttached(
      target,
      manifest.digest,
      {
        digest: signature.digest,
        others: attestations.filter(({ written }) => written).map(({ digest }) => digest),
      },
      '; no tag was written',
      operation,
    )
  const [attestation, ...others] = attestations
  return { ...signatures, attestation: attestation!, ...(others.length > 0 && { attestations: others }) }
}

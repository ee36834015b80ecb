import { WasmpackError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import type { Operation, Target } from '../oci/target.ts'
import { attestArtifact } from '../signing/attest.ts'
import { signArtifact } from '../signing/sign.ts'
import type { Signer } from '../signing/signer.ts'
import { CAPABILITY_PREDICATE, capabilityPredicate } from './capability-attestation.ts'
import type { Preparation } from './prepare.ts'

export interface PublishRequest {
  readonly target: Target
  /** At least one; all are written last. */
  readonly tags: readonly string[]
  readonly signer?: Signer | undefined
  /** RFC 3339, for the annotations of signature and attestation. */
  readonly signedAt: string
}

/** What was attached to an artifact, or was attached before and still holds. */
export interface Attachment {
  /** Of the manifest that attaches it. */
  readonly digest: Digest
  readonly written: boolean
}

export interface Publication {
  readonly digest: Digest
  /** Whether an artifact was written, or every tag named this very one already. */
  readonly written: boolean
  /** With a signer. */
  readonly signature?: Attachment
  readonly attestation?: Attachment
}

/**
 * Publishes a prepared artifact: blobs, manifest, signature and attestation, and only then the tags, so that no tag ever names
 * an artifact that is incomplete or, with a signer, unsigned. An unchanged artifact is not written again, but gets a signature
 * or an attestation that it lacks.
 */
export async function publish(
  prepared: Preparation,
  request: PublishRequest,
  operation: Operation,
): Promise<Publication> {
  if (!prepared.verdict.allowed) throw new Error('a refused module must not reach publish')
  const { target, signer } = request
  const { manifest, config, layer } = prepared
  const stale = await staleTags(target, request.tags, manifest.digest, operation)
  // A tag that names it is the store's word for the manifest alone; the layer is what may have been lost or damaged since.
  const kept = stale.length < request.tags.length && (await target.exists(layer.descriptor, operation))
  if (!kept) {
    await Promise.all([target.push(layer, operation), target.push(config, { signal: operation.signal })])
    if (signer) await target.pushManifest(manifest, undefined, { signal: operation.signal })
  }
  const attached = signer ? await endorse(prepared, signer, request, { signal: operation.signal }) : {}
  for (const tag of stale) await target.pushManifest(manifest, tag, operation)
  return { digest: manifest.digest, written: !kept || stale.length > 0, ...attached }
}

/** Signs the artifact and attests what it asks for and was granted, unless the same signer did both before. */
async function endorse(
  prepared: Preparation,
  signer: Signer,
  { target, signedAt }: PublishRequest,
  operation: Operation,
): Promise<Pick<Publication, 'signature' | 'attestation'>> {
  const signature = await signArtifact(target, prepared.manifest, signer, { created: signedAt }, operation)
  const attestation = await attestArtifact(
    target,
    prepared.manifest,
    signer,
    { predicateType: CAPABILITY_PREDICATE, predicate: capabilityPredicate(prepared), created: signedAt },
    operation,
  )
  const attachment = ({ bundle, written }: typeof signature): Attachment => ({
    digest: bundle.digest,
    written,
  })
  return { signature: attachment(signature), attestation: attachment(attestation) }
}

/** The tags that do not name the artifact yet. */
async function staleTags(
  target: Target,
  tags: readonly string[],
  digest: Digest,
  operation: Operation,
): Promise<readonly string[]> {
  const named = await Promise.all(
    tags.map((tag) =>
      target.resolve(tag, operation).then(
        (found) => found.digest === digest,
        (cause: unknown) => {
          if (cause instanceof WasmpackError && cause.code === 'NOT_FOUND') return false
          throw cause
        },
      ),
    ),
  )
  return tags.filter((_, at) => !named[at])
}

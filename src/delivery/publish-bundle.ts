import { confirmAttached } from '../attestations/confirm-attached.ts'
import { type Signatures, signInFormats } from '../attestations/sign-formats.ts'
import type { Bundle } from '../gitops/bundle/pack-bundle.ts'
import { allOrNone } from '../in-parallel.ts'
import type { Operation, Target } from '../oci/target.ts'
import { findTagStates, writeTags } from '../oci/write-tags.ts'
import type { Signing } from '../signing/signing.ts'

export interface PublishBundleRequest {
  readonly target: Target
  /** At least one; all are written last. */
  readonly tags: readonly string[]
  /** Without it, the bundle is published unsigned. */
  readonly signing?: Signing | undefined
  /** RFC 3339, for the annotations of the signature. */
  readonly signedAt: string
}

export interface PublishBundleResult extends Signatures {
  /** Whether anything was written but signatures. */
  readonly written: boolean
}

/** Publishes a bundle: blobs, manifest, signature, and only then the tags. An unchanged bundle gets a signature that it lacks. */
export async function publishBundle(
  { manifest, layer, config }: Bundle,
  { target, tags, signing, signedAt }: PublishBundleRequest,
  operation: Operation,
): Promise<PublishBundleResult> {
  const { signal } = operation
  const named = await findTagStates(target, tags, { signal })
  const kept =
    named.some(({ digest }) => digest === manifest.digest) &&
    (await target.exists(layer.descriptor, { signal }))
  if (!kept) {
    await allOrNone(signal, (signal) => [
      target.push(layer, { ...operation, signal }),
      target.push(config, { signal }),
    ])
    if (signing) await target.pushManifest(manifest, undefined, { signal })
  }
  const signatures = signing
    ? await signInFormats(target, manifest, signing, { created: signedAt }, { signal })
    : {}
  const { signature } = signatures
  if (signature?.written)
    await confirmAttached(target, manifest.digest, { digest: signature.digest }, '; no tag was written', {
      signal,
    })
  const written = await writeTags(target, manifest, named, { signal })
  return { written: !kept || written > 0, ...signatures }
}

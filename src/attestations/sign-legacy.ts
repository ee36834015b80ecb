import { WasmpackError } from '../errors.ts'
import { createBlob, type Blob, type Descriptor } from '../oci/descriptor.ts'
import { computeDigest } from '../oci/digest.ts'
import { type Index, type Manifest, parseManifest } from '../oci/manifest.ts'
import { OCI_MANIFEST } from '../oci/media-types.ts'
import { type Operation, type Target, undefinedIfNotFound } from '../oci/target.ts'
import type { MessageBundle } from '../signing/bundle.ts'
import { createRejectedError, signWithTestimony } from '../signing/sign-with-testimony.ts'
import type { Signer } from '../signing/signer.ts'
import { SIMPLE_SIGNING, writeSimplePayload, writeSimpleSignature } from '../signing/simple-signing.ts'
import type { AttachResult } from './attach.ts'
import { findLegacySignatures, formatSignatureTag } from './find-legacy-signatures.ts'
import type { SignOptions } from './sign.ts'

/**
 * Signs an artifact in the format of cosign before version 3 and adds the signature to those under the artifact's `.sig` tag,
 * unless a valid one by the same signer with all the annotations is there already and it is not to sign `again`.
 */
export async function signLegacy(
  target: Target,
  subject: Manifest | Index,
  signer: Signer,
  { annotations = {}, witnesses = [], again = false }: Omit<SignOptions, 'created'>,
  operation: Operation = {},
): Promise<AttachResult> {
  const { digest } = subject
  const { found } = await findLegacySignatures(target, digest, [], signer.verifier, operation)
  const known = again ? [] : found
  const kept = known.find((one) =>
    Object.entries(annotations).every(([name, value]) => one.annotations[name] === value),
  )
  if (kept !== undefined) return { digest: kept.digest, written: false }
  const message = writeSimplePayload(digest, target.name, annotations)
  const { raw, tlogEntries, timestamps } = await signWithTestimony({ message }, signer, witnesses)
  const { signature, material } = raw
  const bundle: MessageBundle = { version: '0.1', material, message: { signature }, tlogEntries, timestamps }
  const verdict = await signer.verifier.verifyMessage(bundle, message)
  if (verdict.kind === 'rejected') throw createRejectedError(signer, verdict.reason)
  const blob = toBlob(message, SIMPLE_SIGNING)
  await target.push(blob, operation)
  const layer = { ...blob.descriptor, annotations: writeSimpleSignature(bundle) }
  const manifest = await addLayer(target, formatSignatureTag(digest), layer, operation)
  return { digest: manifest.digest, written: true }
}

const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json'

/** Others may sign at the same time, and the tag names the work of the last one. */
const ATTEMPTS = 5

/** Adds a layer to the manifest under the tag, again as long as somebody else replaces it by one without. */
async function addLayer(
  target: Target,
  tag: string,
  layer: Descriptor,
  operation: Operation,
): Promise<Manifest> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const existing = await readSignatures(target, tag, operation)
    if (existing !== undefined && includes(existing, layer)) return existing
    const manifest = await pushSignatures(target, tag, [...(existing?.layers ?? []), layer], operation)
    const read = await readSignatures(target, tag, operation)
    if (read !== undefined && includes(read, layer)) return manifest
  }
  throw new WasmpackError(
    'UNAVAILABLE',
    `others replace ${target.name}:${tag} while the signature is added to it`,
    {
      hint: 'run the same command again when nobody else signs the artifact',
    },
  )
}

const includes = ({ layers }: Manifest, { annotations }: Descriptor): boolean =>
  layers.some((layer) => JSON.stringify(layer.annotations) === JSON.stringify(annotations))

async function readSignatures(
  target: Target,
  tag: string,
  operation: Operation,
): Promise<Manifest | undefined> {
  const found = await undefinedIfNotFound(target.manifest(tag, { ...operation, fresh: true }))
  if (found === undefined || found.kind === 'manifest') return found
  throw new WasmpackError(
    'ARTIFACT_MALFORMED',
    `${target.name}:${tag} is an index, not signatures of cosign`,
    {
      hint: 'delete that tag, or pass --signature-format bundle',
    },
  )
}

/** The config lists the layers, as that of an image does. */
async function pushSignatures(
  target: Target,
  tag: string,
  layers: readonly Descriptor[],
  operation: Operation,
): Promise<Manifest> {
  const created = '0001-01-01T00:00:00Z'
  const content = {
    architecture: '',
    created,
    history: layers.map(() => ({ created })),
    os: '',
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
    config: {},
  }
  const config = toBlob(Buffer.from(JSON.stringify(content)), OCI_CONFIG)
  const document = { schemaVersion: 2, mediaType: OCI_MANIFEST, config: config.descriptor, layers }
  const bytes = Buffer.from(JSON.stringify(document))
  const manifest = parseManifest(bytes, OCI_MANIFEST, 'the manifest of the signatures') as Manifest
  await target.push(config, operation)
  await target.pushManifest(manifest, tag, operation)
  return manifest
}

const toBlob = (bytes: Uint8Array, mediaType: string): Blob =>
  createBlob(bytes, { mediaType, digest: computeDigest(bytes), size: bytes.length })

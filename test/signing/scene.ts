import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'

import { createBlob } from '../../src/oci/descriptor.ts'
import { computeDigest, type Digest } from '../../src/oci/digest.ts'
import { parseManifest } from '../../src/oci/manifest.ts'
import type { Index, Manifest } from '../../src/oci/manifest.ts'
import { OCI_EMPTY, OCI_MANIFEST } from '../../src/oci/media-types.ts'
import type { Target } from '../../src/oci/target.ts'
import { attachBundle } from '../../src/attestations/attach.ts'
import { writeBundle } from '../../src/signing/bundle.ts'
import { encodePreAuth } from '../../src/signing/dsse.ts'
import { openPrivateKey } from '../../src/signing/private-key.ts'
import type { VerificationKey } from '../../src/signing/public-key.ts'
import type { Signer } from '../../src/signing/signer.ts'
import type { RequirementVerifier } from '../../src/signing/verifier.ts'
import { IN_TOTO_PAYLOAD, SIGNATURE_PREDICATE } from '../../src/attestations/statement.ts'

export const CREATED = '2026-01-02T03:04:05Z'
export const SBOM = 'https://spdx.dev/Document'

/** Real output of cosign 3.1.3, made with throw-away keys. */
export const capture = (name: string): string =>
  readFileSync(new URL(`captures/${name}`, import.meta.url), 'utf8')

/** A signer with a new key that needs no password. */
export const newSigner = (namedCurve = 'P-256'): Promise<Signer> =>
  openPrivateKey(
    generateKeyPairSync('ec', {
      namedCurve,
      privateKeyEncoding: { format: 'pem', type: 'pkcs8' },
      publicKeyEncoding: { format: 'pem', type: 'spki' },
    }).privateKey,
    undefined,
  )

/** A manifest with one layer that holds the text, in the target. */
export async function pushArtifact(target: Target, text = 'artifact'): Promise<Manifest> {
  const blobs = [Buffer.from('{}'), Buffer.from(text)].map((bytes, at) =>
    createBlob(bytes, {
      mediaType: at === 0 ? OCI_EMPTY : 'application/wasm',
      digest: computeDigest(bytes),
      size: bytes.length,
    }),
  )
  for (const blob of blobs) await target.push(blob)
  const [config, layer] = blobs.map(({ descriptor }) => descriptor)
  const manifest = manifestOf({ artifactType: 'application/vnd.example', config, layers: [layer] })
  await target.pushManifest(manifest)
  return manifest
}

export const manifestOf = (fields: Readonly<Record<string, unknown>>): Manifest =>
  parseManifest(
    Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, ...fields })),
    OCI_MANIFEST,
  ) as Manifest

/** A statement about the artifact with the changes that a test makes. */
export const statementFor = (
  subject: Manifest | Index,
  changes: Readonly<Record<string, unknown>> = {},
): Uint8Array =>
  Buffer.from(
    JSON.stringify({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ digest: { sha256: subject.digest.slice(7) } }],
      predicateType: SIGNATURE_PREDICATE,
      predicate: {},
      ...changes,
    }),
  )

/** A bundle whose signature is valid, whatever the payload. */
export async function sealed(
  signer: Signer,
  payload: Uint8Array,
  payloadType = IN_TOTO_PAYLOAD,
): Promise<Uint8Array> {
  const content = { payloadType, payload }
  const { signature, material } = await signer.sign(encodePreAuth(content))
  return writeBundle({ material, envelope: { ...content, signature }, tlogEntries: [], timestamps: [] })
}

/** Attaches any bytes in the place of a bundle. */
export const attach = (
  target: Target,
  subject: Manifest | Index,
  bundle: Uint8Array | string,
  predicateType = SIGNATURE_PREDICATE,
): Promise<Manifest> =>
  attachBundle(target, subject, { bundle: Buffer.from(bundle), predicateType, created: CREATED })

/** The keys that a verifier accepts. */
export function keysOf({ requirement }: RequirementVerifier): readonly VerificationKey[] {
  if (requirement.kind !== 'keys') throw new Error(`expected keys, got ${requirement.kind}`)
  return requirement.keys
}

/** Writes envelopes as cosign before version 3 does, under the `.att` tag. */
export async function writeLegacyAttestations(
  { target, subject }: { readonly target: Target; readonly subject: Manifest },
  payloads: readonly Uint8Array[],
  signer: Pick<Signer, 'sign'>,
  annotations: Readonly<Record<string, string>> = {},
): Promise<Digest> {
  const config = createBlob(Buffer.from('{}'), {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    digest: computeDigest(Buffer.from('{}')),
    size: 2,
  })
  await target.push(config)
  const layers = []
  for (const payload of payloads) {
    const { signature } = await signer.sign(encodePreAuth({ payloadType: IN_TOTO_PAYLOAD, payload }))
    const bytes = Buffer.from(
      JSON.stringify({
        payloadType: IN_TOTO_PAYLOAD,
        payload: Buffer.from(payload).toString('base64'),
        signatures: [{ keyid: '', sig: Buffer.from(signature).toString('base64') }],
      }),
    )
    const layer = createBlob(bytes, {
      mediaType: 'application/vnd.dsse.envelope.v1+json',
      digest: computeDigest(bytes),
      size: bytes.length,
      annotations: { 'dev.cosignproject.cosign/signature': '', predicateType: SBOM, ...annotations },
    })
    await target.push(layer)
    layers.push(layer.descriptor)
  }
  const manifest = manifestOf({ config: config.descriptor, layers })
  await target.pushManifest(manifest, `${subject.digest.replace(':', '-')}.att`)
  return manifest.digest
}

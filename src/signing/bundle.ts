import { encodeBase64 } from './base64.ts'
import type { Envelope } from './dsse.ts'

/** The prefix of the media types of all versions. */
export const BUNDLE_PREFIX = 'application/vnd.dev.sigstore.bundle'
export const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json'

/** What the bundle's author says that verifies the signature: a hint, which proves nothing. */
export type VerificationMaterial = { readonly kind: 'publicKey'; readonly hint: string } | Certificate

export interface Certificate {
  readonly kind: 'certificate'
  /** DER of the signer's own certificate. */
  readonly certificate: Uint8Array
}

/** What witnesses say of a signature. */
export interface Testimony {
  readonly tlogEntries: readonly LogEntry[]
  /** Time-stamp responses (RFC 3161), in DER. */
  readonly timestamps: readonly Uint8Array[]
}

/** The protobuf JSON of a TransparencyLogEntry. https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_rekor.proto */
export type LogEntry = Readonly<Record<string, unknown>>

/** A signed envelope and what it takes to verify it. https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_bundle.proto */
export interface Bundle extends Testimony {
  readonly material: VerificationMaterial
  readonly envelope: Envelope
}

/** The bytes of a bundle, version 0.3. The signature has no keyid: cosign rejects one that it did not compute itself. */
export function writeBundle({ material, envelope, tlogEntries, timestamps }: Bundle): Uint8Array {
  return Buffer.from(
    JSON.stringify({
      mediaType: BUNDLE,
      verificationMaterial: {
        ...(material.kind === 'publicKey'
          ? { publicKey: { hint: material.hint } }
          : { certificate: { rawBytes: encodeBase64(material.certificate) } }),
        ...(tlogEntries.length > 0 && { tlogEntries }),
        ...(timestamps.length > 0 && {
          timestampVerificationData: {
            rfc3161Timestamps: timestamps.map((bytes) => ({ signedTimestamp: encodeBase64(bytes) })),
          },
        }),
      },
      dsseEnvelope: {
        payload: encodeBase64(envelope.payload),
        payloadType: envelope.payloadType,
        signatures: [{ sig: encodeBase64(envelope.signature) }],
      },
    }),
  )
}

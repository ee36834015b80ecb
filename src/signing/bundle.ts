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

/** What is signed, and what it takes to verify it. https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_bundle.proto */
export type Bundle = EnvelopeBundle | MessageBundle

interface BundleFields extends Testimony {
  readonly material: VerificationMaterial
  /** Of the format that it was read from. */
  readonly version?: BundleVersion
}

export type BundleVersion = '0.1' | '0.2' | '0.3'

/** Holds what is signed: an envelope. */
export interface EnvelopeBundle extends BundleFields {
  readonly envelope: Envelope
}

/** Is of a message that is elsewhere. */
export interface MessageBundle extends BundleFields {
  readonly envelope?: undefined
  readonly message: MessageSignature
}

export interface MessageSignature {
  readonly signature: Uint8Array
  /** What the bundle says of the message's digest; it may say nothing. */
  readonly digest?: MessageDigest
}

export interface MessageDigest {
  readonly algorithm: 'sha256' | 'sha384' | 'sha512'
  readonly value: Uint8Array
}

/** The names of the algorithms in protobuf JSON. */
export const DIGEST_ALGORITHMS: Readonly<Record<MessageDigest['algorithm'], string>> = {
  sha256: 'SHA2_256',
  sha384: 'SHA2_384',
  sha512: 'SHA2_512',
}

/** The bytes of a bundle, version 0.3. The signature has no keyid: cosign rejects one that it did not compute itself. */
export function writeBundle(bundle: Bundle): Uint8Array {
  const { material, tlogEntries, timestamps } = bundle
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
      ...(bundle.envelope === undefined
        ? { messageSignature: writeMessageSignature(bundle.message) }
        : { dsseEnvelope: writeEnvelope(bundle.envelope) }),
    }),
  )
}

const writeEnvelope = ({ payload, payloadType, signature }: Envelope): object => ({
  payload: encodeBase64(payload),
  payloadType,
  signatures: [{ sig: encodeBase64(signature) }],
})

const writeMessageSignature = ({ signature, digest }: MessageSignature): object => ({
  ...(digest && {
    messageDigest: { algorithm: DIGEST_ALGORITHMS[digest.algorithm], digest: encodeBase64(digest.value) },
  }),
  signature: encodeBase64(signature),
})

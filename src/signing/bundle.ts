import type { WasmpackError } from '../errors.ts'
import { isRecord } from '../json.ts'
import { malformedDocument, parseDocument } from '../oci/document.ts'
import { decodeBase64, encodeBase64 } from './base64.ts'
import type { Envelope } from './dsse.ts'

/** What every version's media type begins with. */
export const BUNDLE_PREFIX = 'application/vnd.dev.sigstore.bundle'
export const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json'

const ACCEPTED: ReadonlySet<unknown> = new Set([
  BUNDLE,
  'application/vnd.dev.sigstore.bundle+json;version=0.3',
])

/** What a signature is to be verified with, as the bundle says: a hint only, whoever made it wrote it. */
export type VerificationMaterial = { readonly kind: 'publicKey'; readonly hint: string } | Certificate

interface Certificate {
  readonly kind: 'certificate'
  /** DER of the signer's own certificate. */
  readonly certificate: Uint8Array
}

/** A signed envelope and what it takes to verify it. https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_bundle.proto */
export interface Bundle {
  readonly material: VerificationMaterial
  readonly envelope: Envelope
}

/**
 * The bytes of a bundle, version 0.3. The signature has no keyid: cosign skips one whose keyid is not the very form that
 * it computes itself.
 */
export function writeBundle({ material, envelope }: Bundle): Uint8Array {
  return Buffer.from(
    JSON.stringify({
      mediaType: BUNDLE,
      verificationMaterial:
        material.kind === 'publicKey'
          ? { publicKey: { hint: material.hint } }
          : { certificate: { rawBytes: encodeBase64(material.certificate) } },
      dsseEnvelope: {
        payload: encodeBase64(envelope.payload),
        payloadType: envelope.payloadType,
        signatures: [{ sig: encodeBase64(envelope.signature) }],
      },
    }),
  )
}

const RAW_SIGNATURE_LIMIT = 4096

/** Reads a bundle that somebody wrote; nothing in it is verified. Throws ARTIFACT_MALFORMED for all but one signed envelope. */
export function parseBundle(bytes: Uint8Array, what = 'bundle'): Bundle {
  const malformed = (problem: string): WasmpackError => malformedDocument(what, problem)
  const value = parseDocument(bytes, what)
  const mediaType = value['mediaType']
  if (!ACCEPTED.has(mediaType))
    throw malformed(
      typeof mediaType === 'string' && mediaType.startsWith(BUNDLE_PREFIX)
        ? `is of the version ${JSON.stringify(mediaType.slice(BUNDLE_PREFIX.length, 80))}, not 0.3`
        : 'has no mediaType of a Sigstore bundle',
    )
  const { verificationMaterial: material, messageSignature, dsseEnvelope: envelope } = value
  if (messageSignature !== undefined && messageSignature !== null)
    throw malformed('has a signature of a message, not of a statement')
  if (!isRecord(envelope)) throw malformed('has no DSSE envelope')
  const { payload, payloadType, signatures } = envelope
  if (typeof payloadType !== 'string') throw malformed('has an envelope without payloadType')
  const decoded = decodeBase64(payload)
  if (decoded === undefined) throw malformed('has an envelope whose payload is not base64')
  if (!Array.isArray(signatures) || signatures.length !== 1 || !isRecord(signatures[0]))
    throw malformed('has an envelope without exactly one signature')
  const signature = decodeBase64(signatures[0]['sig'])
  if (signature === undefined || signature.length === 0 || signature.length > RAW_SIGNATURE_LIMIT)
    throw malformed('has a signature that is not base64, empty or too long')
  return {
    material: parseMaterial(material, malformed),
    envelope: { payload: decoded, payloadType, signature },
  }
}

function parseMaterial(value: unknown, malformed: (problem: string) => WasmpackError): VerificationMaterial {
  if (!isRecord(value)) throw malformed('has no verificationMaterial')
  const { publicKey, certificate, x509CertificateChain: chain } = value
  const given = [publicKey, certificate, chain].filter((one) => one !== undefined && one !== null)
  if (given.length !== 1) throw malformed('does not name exactly one key or certificate')
  if (isRecord(publicKey)) {
    const hint = publicKey['hint'] ?? ''
    if (typeof hint !== 'string' || hint.length > 1024)
      throw malformed('has a public key without a valid hint')
    return { kind: 'publicKey', hint }
  }
  const leaf =
    isRecord(chain) && Array.isArray(chain['certificates']) ? chain['certificates'][0] : certificate
  const der = isRecord(leaf) ? decodeBase64(leaf['rawBytes']) : undefined
  if (der === undefined || der.length === 0) throw malformed('has a certificate that is not base64')
  return { kind: 'certificate', certificate: der }
}

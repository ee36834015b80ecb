import type { WasmpackError } from '../errors.ts'
import { isRecord } from '../json.ts'
import { malformedDocument, parseDocument } from '../oci/document.ts'
import { encodeBase64 } from './base64.ts'
import type { EnvelopeBundle, LogEntry, MessageBundle, VerificationMaterial } from './bundle.ts'
import { parseEnvelope } from './bundle-reader.ts'
import { readPem, writePem } from './pem.ts'
import { isPresent, type JsonRecord, StrictFields } from './strict-fields.ts'

/** What cosign signed before it wrote bundles: a layer of this type, with the signature in its annotations. */
export const SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json'

/** The annotations of a layer. https://github.com/sigstore/cosign/blob/v3.1.0/specs/SIGNATURE_SPEC.md#properties */
const SIGNATURE = 'dev.cosignproject.cosign/signature'
const CERTIFICATE = 'dev.sigstore.cosign/certificate'
const LOG_ENTRY = 'dev.sigstore.cosign/bundle'
const TIMESTAMP = 'dev.sigstore.cosign/rfc3161timestamp'

const PAYLOAD_TYPE = 'cosign container image signature'

/** What is signed: which artifact, and what the signer says of it besides. */
export interface SimplePayload {
  /** Not yet known to be one. */
  readonly digest: unknown
  readonly annotations: Readonly<Record<string, unknown>>
}

/** Reads what was signed. Throws ARTIFACT_MALFORMED. */
export function parseSimplePayload(bytes: Uint8Array): SimplePayload {
  const what = 'signed payload'
  const { critical, optional } = parseDocument(bytes, what)
  const { type, image } = isRecord(critical) ? critical : {}
  if (type !== PAYLOAD_TYPE)
    throw malformedDocument(what, `is not of the type ${JSON.stringify(PAYLOAD_TYPE)}`)
  if (!isRecord(image)) throw malformedDocument(what, 'names no image')
  if (isPresent(optional) && !isRecord(optional))
    throw malformedDocument(what, 'has annotations that are no object')
  return {
    digest: image['docker-manifest-digest'],
    annotations: isRecord(optional) ? Object.assign(Object.create(null) as object, optional) : {},
  }
}

/** The signature of a layer as a bundle of the payload; nothing in it is verified. Throws ARTIFACT_MALFORMED. */
export function parseSimpleSignature(annotations: Readonly<Record<string, string>>): MessageBundle {
  const malformed = (problem: string): WasmpackError => malformedDocument('legacy signature', problem)
  return new SimpleSignatureReader(malformed).bundle(annotations)
}

/** The attestation of a layer, whose bytes are an envelope, as a bundle; nothing in it is verified. Throws ARTIFACT_MALFORMED. */
export function parseSimpleAttestation(
  annotations: Readonly<Record<string, string>>,
  envelope: Uint8Array,
): EnvelopeBundle {
  const malformed = (problem: string): WasmpackError => malformedDocument('legacy attestation', problem)
  return {
    ...new SimpleSignatureReader(malformed).fields(annotations),
    envelope: parseEnvelope(envelope, 'legacy attestation'),
  }
}

class SimpleSignatureReader extends StrictFields {
  bundle(annotations: Readonly<Record<string, string>>): MessageBundle {
    return {
      ...this.fields(annotations),
      message: { signature: this.bytes(annotations[SIGNATURE] || undefined, SIGNATURE) },
    }
  }

  /** Who signed, and what services say of it. */
  fields(annotations: Readonly<Record<string, string>>): Omit<EnvelopeBundle, 'envelope'> {
    const given = (name: string): string | undefined => annotations[name] || undefined // cosign writes empty ones
    const [entry, timestamp] = [given(LOG_ENTRY), given(TIMESTAMP)]
    return {
      version: '0.1', // the one whose log entries need no proof, which these have not
      material: this.material(given(CERTIFICATE)),
      tlogEntries: entry === undefined ? [] : [this.logEntry(entry)],
      timestamps: timestamp === undefined ? [] : [this.timestamp(timestamp)],
    }
  }

  private material(certificate: string | undefined): VerificationMaterial {
    if (certificate === undefined) return { kind: 'publicKey', hint: '' }
    try {
      return { kind: 'certificate', certificate: readPem(certificate, 'its certificate').bytes }
    } catch {
      throw this.malformed('has a certificate that is not one in PEM')
    }
  }

  private logEntry(text: string): LogEntry {
    const { SignedEntryTimestamp, Payload } = this.parsed(text, LOG_ENTRY, [
      'SignedEntryTimestamp',
      'Payload',
    ])
    const { body, integratedTime, logIndex, logID } = this.record(Payload, `Payload of ${LOG_ENTRY}`, [
      'body',
      'integratedTime',
      'logIndex',
      'logID',
    ])
    if (typeof logID !== 'string' || !/^[0-9a-f]{64}$/.test(logID))
      throw this.malformed('has a log entry without logID')
    const canonicalizedBody = this.bytes(body, 'body of the log entry')
    const { kind, apiVersion } = parseDocument(canonicalizedBody, 'body of the log entry')
    return {
      logIndex: this.integer(logIndex, 'logIndex'),
      logId: { keyId: Buffer.from(logID, 'hex').toString('base64') },
      kindVersion: { kind, version: apiVersion },
      integratedTime: this.integer(integratedTime, 'integratedTime'),
      inclusionPromise: {
        signedEntryTimestamp: encodeBase64(this.bytes(SignedEntryTimestamp, 'SignedEntryTimestamp')),
      },
      canonicalizedBody: encodeBase64(canonicalizedBody),
    }
  }

  private timestamp(text: string): Uint8Array {
    const { SignedRFC3161Timestamp } = this.parsed(text, TIMESTAMP, ['SignedRFC3161Timestamp'])
    return this.bytes(SignedRFC3161Timestamp, TIMESTAMP)
  }

  private parsed(text: string, name: string, fields: readonly string[]): JsonRecord {
    return this.record(parseDocument(Buffer.from(text), `annotation ${name}`), name, fields)
  }
}

/** The bytes to sign for an artifact; `repository` is where it is, which verifiers do not look at. */
export const writeSimplePayload = (
  digest: string,
  repository: string,
  annotations: Readonly<Record<string, string>>,
): Uint8Array =>
  Buffer.from(
    JSON.stringify({
      critical: {
        identity: { 'docker-reference': repository },
        image: { 'docker-manifest-digest': digest },
        type: PAYLOAD_TYPE,
      },
      optional: Object.keys(annotations).length === 0 ? null : annotations,
    }),
  )

/** The inverse of {@link parseSimpleSignature}. There is room for one promise of a log and one timestamp; a proof has none. */
export function writeSimpleSignature({
  material,
  message,
  tlogEntries: [entry],
  timestamps: [timestamp],
}: MessageBundle): Readonly<Record<string, string>> {
  return {
    [SIGNATURE]: encodeBase64(message.signature),
    ...(material.kind === 'certificate' && {
      [CERTIFICATE]: writePem({ label: 'CERTIFICATE', bytes: material.certificate }),
      'dev.sigstore.cosign/chain': '', // cosign takes the others from its trusted root
    }),
    ...(entry && { [LOG_ENTRY]: writeLogEntry(entry) }),
    ...(timestamp && { [TIMESTAMP]: JSON.stringify({ SignedRFC3161Timestamp: encodeBase64(timestamp) }) }),
  }
}

function writeLogEntry({
  logIndex,
  logId,
  integratedTime,
  inclusionPromise,
  canonicalizedBody,
}: LogEntry): string {
  const { keyId } = logId as { readonly keyId: string }
  const { signedEntryTimestamp } = inclusionPromise as { readonly signedEntryTimestamp: string }
  return JSON.stringify({
    SignedEntryTimestamp: signedEntryTimestamp,
    Payload: {
      body: canonicalizedBody,
      integratedTime: Number(integratedTime),
      logIndex: Number(logIndex),
      logID: Buffer.from(keyId, 'base64').toString('hex'),
    },
  })
}

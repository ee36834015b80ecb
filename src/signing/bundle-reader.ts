import type { WasmpackError } from '../errors.ts'
import { isRecord } from '../json.ts'
import { malformedDocument, parseDocument } from '../oci/document.ts'
import { decodeBase64 } from './base64.ts'
import { BUNDLE, BUNDLE_PREFIX, type Bundle, type Testimony, type VerificationMaterial } from './bundle.ts'
import type { Envelope } from './dsse.ts'

const ACCEPTED: ReadonlySet<unknown> = new Set([
  BUNDLE,
  'application/vnd.dev.sigstore.bundle+json;version=0.3',
])

/** In bytes. */
const RAW_SIGNATURE_LIMIT = 4096
/** The limits of sigstore-go, for log entries and for timestamps. */
const TESTIMONY_LIMIT = 32

type Malformed = (problem: string) => WasmpackError

/** Reads a bundle with one signed envelope; nothing in it is verified. Throws ARTIFACT_MALFORMED. */
export function parseBundle(bytes: Uint8Array, what = 'bundle'): Bundle {
  const malformed: Malformed = (problem) => malformedDocument(what, problem)
  const value = parseDocument(bytes, what)
  const { mediaType, verificationMaterial, messageSignature, dsseEnvelope } = value
  if (!ACCEPTED.has(mediaType))
    throw malformed(
      typeof mediaType === 'string' && mediaType.startsWith(BUNDLE_PREFIX)
        ? `has the version ${JSON.stringify(mediaType.slice(BUNDLE_PREFIX.length, 80))}, not 0.3`
        : 'has no mediaType of a Sigstore bundle',
    )
  if (isPresent(messageSignature)) throw malformed('has a signature of a message, not of a statement')
  if (!isRecord(verificationMaterial)) throw malformed('has no verificationMaterial')
  return {
    material: parseMaterial(verificationMaterial, malformed),
    envelope: parseEnvelope(dsseEnvelope, malformed),
    ...parseTestimony(verificationMaterial, malformed),
  }
}

/** Protobuf JSON writes an absent field as null, or not at all. */
const isPresent = (value: unknown): boolean => value !== undefined && value !== null

function parseEnvelope(value: unknown, malformed: Malformed): Envelope {
  if (!isRecord(value)) throw malformed('has no DSSE envelope')
  const { payloadType, signatures } = value
  if (typeof payloadType !== 'string') throw malformed('has an envelope without payloadType')
  const payload = decodeBase64(value['payload'])
  if (payload === undefined) throw malformed('has an envelope whose payload is not base64')
  if (!Array.isArray(signatures) || signatures.length !== 1 || !isRecord(signatures[0]))
    throw malformed('has an envelope without exactly one signature')
  const signature = decodeBase64(signatures[0]['sig'])
  if (signature === undefined || signature.length === 0 || signature.length > RAW_SIGNATURE_LIMIT)
    throw malformed('has a signature that is not base64, empty or too long')
  return { payloadType, payload, signature }
}

function parseMaterial(
  { publicKey, certificate, x509CertificateChain: chain }: Readonly<Record<string, unknown>>,
  malformed: Malformed,
): VerificationMaterial {
  if ([publicKey, certificate, chain].filter(isPresent).length !== 1)
    throw malformed('does not name exactly one key or certificate')
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

function parseTestimony(
  { tlogEntries, timestampVerificationData: data }: Readonly<Record<string, unknown>>,
  malformed: Malformed,
): Testimony {
  const entries = tlogEntries ?? []
  if (!isListOfRecords(entries)) throw malformed('has tlogEntries that are not a list of log entries')
  if (isPresent(data) && !isRecord(data))
    throw malformed('has timestampVerificationData that is not an object')
  const responses = (isRecord(data) ? data['rfc3161Timestamps'] : undefined) ?? []
  if (!isListOfRecords(responses)) throw malformed('has rfc3161Timestamps that are not a list of timestamps')
  for (const [name, { length }] of Object.entries({ 'log entries': entries, timestamps: responses }))
    if (length > TESTIMONY_LIMIT) throw malformed(`has ${length} ${name}, more than ${TESTIMONY_LIMIT}`)
  const timestamps = responses.map(({ signedTimestamp }) => {
    const der = decodeBase64(signedTimestamp)
    if (der === undefined || der.length === 0) throw malformed('has a timestamp that is not base64')
    return der
  })
  return { tlogEntries: entries, timestamps }
}

const isListOfRecords = (value: unknown): value is readonly Readonly<Record<string, unknown>>[] =>
  Array.isArray(value) && value.every(isRecord)

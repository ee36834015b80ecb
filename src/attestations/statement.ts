import type { WasmpackError } from '../errors.ts'
import { type Digest, getDigestAlgorithm, getDigestHex } from '../oci/digest.ts'
import { isRecord } from '../json.ts'
import { malformedDocument, parseDocument } from '../oci/document.ts'
import { StrictFields } from '../signing/strict-fields.ts'

/** The payload type of in-toto statements in a DSSE envelope. */
export const IN_TOTO_PAYLOAD = 'application/vnd.in-toto+json'

/** The predicate type of a plain signature, as cosign 3 writes it; its predicate is empty. */
export const SIGNATURE_PREDICATE = 'https://sigstore.dev/cosign/sign/v1'

/** Of a signature's bundle, in bytes; one with certificate and log entries has about 10 KiB. */
export const SIGNATURE_LIMIT = 1024 * 1024

/** Of an attestation's bundle, in bytes; one with a predicate of {@link PREDICATE_LIMIT} has some 14 MB in base64. */
export const ATTESTATION_LIMIT = 16 * 1024 * 1024

/** Of a predicate, in bytes; bills of materials have some megabytes. */
export const PREDICATE_LIMIT = 10 * 1024 * 1024

/** A claim about artifacts, which are named by digest. https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md */
export interface Statement {
  readonly subjects: readonly Subject[]
  readonly predicateType: string
  readonly predicate: unknown
}

export interface Subject {
  /** Algorithm to lower-case hexadecimal; no prototype. */
  readonly digest: Readonly<Record<string, string>>
  /** Any JSON values; no prototype. */
  readonly annotations: Readonly<Record<string, unknown>>
}

const TYPES: ReadonlySet<unknown> = new Set([
  'https://in-toto.io/Statement/v1',
  'https://in-toto.io/Statement/v0.1',
])
/** The limits of sigstore-go. */
const SUBJECT_LIMIT = 1024
const DIGEST_LIMIT = 32
const ANNOTATION_LIMIT = 1024

/** The claim about one artifact. */
export interface StatementFields {
  readonly predicateType: string
  /** A JSON value; or the bytes of a JSON object in UTF-8, which must be well-formed and go in byte for byte. */
  readonly predicate: unknown
  readonly annotations?: Readonly<Record<string, string>> | undefined
  /** What else it is about, beside the artifact. */
  readonly alsoAbout?: readonly Digest[] | undefined
}

/** The bytes of a statement about an artifact; a signature's are those that cosign writes. */
export function writeStatement(
  digest: Digest,
  { predicateType, predicate, annotations, alsoAbout = [] }: StatementFields,
): Uint8Array {
  const fields = JSON.stringify({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ digest: toDigestSet(digest), annotations }].concat(
      alsoAbout.map((one) => ({ digest: toDigestSet(one), annotations: undefined })),
    ),
    predicateType,
  })
  const value = predicate instanceof Uint8Array ? predicate : Buffer.from(JSON.stringify(predicate))
  return Buffer.concat([Buffer.from(`${fields.slice(0, -1)},"predicate":`), value, Buffer.from('}')])
}

/** https://github.com/in-toto/attestation/blob/main/spec/v1/digest_set.md */
const toDigestSet = (digest: Digest): Readonly<Record<string, string>> => ({
  [getDigestAlgorithm(digest)]: getDigestHex(digest),
})

const FIELDS = ['_type', 'subject', 'predicateType', 'predicate']
/** Of a resource descriptor. https://github.com/in-toto/attestation/blob/main/spec/v1/resource_descriptor.md */
const SUBJECT_FIELDS = ['name', 'uri', 'digest', 'content', 'downloadLocation', 'mediaType', 'annotations']

/** Reads a statement. Throws ARTIFACT_MALFORMED if it is malformed or ambiguous, or has an unknown field. */
export function parseStatement(payload: Uint8Array, what = 'statement'): Statement {
  const malformed = (problem: string): WasmpackError => malformedDocument(what, problem)
  const value = parseDocument(payload, what)
  const fields = new StrictFields(malformed)
  fields.record(value, 'content', FIELDS)
  if (hasPrototypeKey(value)) throw malformed('has the key "__proto__"')
  const { _type: type, subject: subjects, predicateType, predicate } = value
  if (!TYPES.has(type)) throw malformed('is not an in-toto Statement v1 or v0.1')
  if (typeof predicateType !== 'string' || predicateType === '') throw malformed('has no predicateType')
  if (!Array.isArray(subjects) || subjects.length === 0) throw malformed('has no subject')
  if (subjects.length > SUBJECT_LIMIT) throw malformed(`has more than ${SUBJECT_LIMIT} subjects`)
  return {
    subjects: subjects.map((subject) => parseSubject(subject, fields)),
    predicateType,
    predicate,
  }
}

/** Whether any object has a key that sets a prototype where it is copied. The reader of JSON has bounded the depth. */
function hasPrototypeKey(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Object.hasOwn(value, '__proto__') || Object.values(value).some((item) => hasPrototypeKey(item))
}

function parseSubject(value: unknown, fields: StrictFields): Subject {
  const malformed = (problem: string): Error => fields.malformed(problem)
  if (!isRecord(value) || !isRecord(value['digest'])) throw malformed('has a subject without a digest')
  fields.record(value, 'a subject', SUBJECT_FIELDS)
  const digest: Record<string, string> = Object.create(null)
  const digests = Object.entries(value['digest'])
  if (digests.length === 0 || digests.length > DIGEST_LIMIT)
    throw malformed(`has a subject with ${digests.length} digests`)
  for (const [algorithm, hex] of digests) {
    if (typeof hex !== 'string' || !/^[0-9a-f]{1,256}$/.test(hex))
      throw malformed('has a subject with a digest that is not hexadecimal')
    digest[algorithm] = hex
  }
  const annotations: Record<string, unknown> = Object.create(null)
  const given = value['annotations'] ?? {}
  if (!isRecord(given)) throw malformed('has a subject whose annotations are not an object')
  const entries = Object.entries(given)
  if (entries.length > ANNOTATION_LIMIT) throw malformed('has a subject with too many annotations')
  for (const [key, annotation] of entries) annotations[key] = annotation
  return { digest, annotations }
}

/** The subject of a statement that is the artifact, by digest alone: names are ignored. */
export const findSubject = (statement: Statement, digest: Digest): Subject | undefined =>
  statement.subjects.find((subject) => subject.digest[getDigestAlgorithm(digest)] === getDigestHex(digest))

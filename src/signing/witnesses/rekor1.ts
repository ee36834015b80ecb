import { createHash } from 'node:crypto'

import { requestJson } from '../../http/json.ts'
import { getOrigin, resolveLocation } from '../../http/origin.ts'
import { createRefusalError } from '../../http/refusal.ts'
import type { Transport } from '../../http/transport.ts'
import { isRecord } from '../../json.ts'
import { decodeBase64, encodeBase64 } from '../base64.ts'
import type { LogEntry } from '../bundle.ts'
import type { Payload } from '../dsse.ts'
import { selectHash } from '../public-key.ts'
import type { RawSignature } from '../signer.ts'
import { joinPath } from '../services/join-path.ts'
import { SignatureRecorded, type Witness, type WitnessedContent } from '../witness.ts'
import { readCount, readEntryBody, readProof, unusableAnswer } from './log-entry.ts'
import { toRecordedVerifier } from './recorded-verifier.ts'

const ENVELOPE = { kind: 'dsse', version: '0.0.1' } as const
const MESSAGE = { kind: 'hashedrekord', version: '0.0.1' } as const
/** Of an answer, in bytes: the entry holds hashes of the envelope, never its payload. */
const ANSWER_LIMIT = 256 * 1024

/**
 * A transparency log of Rekor 1, to which the envelope (`dsse`) or the hash of a message (`hashedrekord`) is sent. Its signed promise
 * has a time, which it vouches for.
 * https://github.com/sigstore/rekor/blob/main/openapi.yaml
 */
export function createRekor1(url: string, transport: Transport): Witness {
  const what = `the transparency log ${new URL(url).host}`
  return {
    name: what,
    async testify(content, raw) {
      const json = proposeEntry(content, raw)
      const target = joinPath(url, 'api/v1/log/entries')
      let answer = await requestJson(transport, { url: target, body: { json }, what, limit: ANSWER_LIMIT })
      const location = answer.status === 409 ? answer.header('location') : undefined
      if (location !== undefined) {
        // The entry exists: an answer was lost, or the same signature was sent before.
        const existing = resolveLocation(target, location)
        if (getOrigin(existing) !== getOrigin(target))
          throw unusableAnswer(what, 'names an entry at another server')
        answer = await requestJson(transport, { url: existing, what, limit: ANSWER_LIMIT })
      }
      if (!answer.ok) {
        const refusal = createRefusalError(what, answer, transport, {
          code: 'UNAVAILABLE',
          hint: 'the log does not take the entry; is it a log of Rekor 1? For one of Rekor 2: --rekor-version 2',
        })
        // After a lost answer, a log whose storage does not tell equal leaves says 500, not 409.
        throw answer.status === 500 && answer.attempts > 1 ? new SignatureRecorded(what, refusal) : refusal
      }
      return { tlogEntries: [readEntry(answer.json, content, raw, what)], timestamps: [] }
    },
  }
}

function proposeEntry(content: WitnessedContent, raw: RawSignature): object {
  if ('message' in content) {
    const { kind, version } = MESSAGE
    return { apiVersion: version, kind, spec: writeMessageSpec(content.message, raw) }
  }
  const { kind, version } = ENVELOPE
  return { apiVersion: version, kind, spec: { proposedContent: writeEnvelope(content, raw) } }
}

/** What is proposed is what is recorded. */
function writeMessageSpec(message: Uint8Array, raw: RawSignature): MessageSpec {
  const { key, pem } = toRecordedVerifier(raw)
  const algorithm = selectHash(key.scheme)
  return {
    data: { hash: { algorithm, value: createHash(algorithm).update(message).digest('hex') } },
    signature: {
      content: encodeBase64(raw.signature),
      publicKey: { content: encodeBase64(Buffer.from(pem)) },
    },
  }
}

interface MessageSpec {
  readonly data: { readonly hash: { readonly algorithm: string; readonly value: string } }
  readonly signature: { readonly content: string; readonly publicKey: { readonly content: string } }
}

function writeEnvelope({ payloadType, payload }: Payload, raw: RawSignature): object {
  const envelope = JSON.stringify({
    payload: encodeBase64(payload),
    payloadType,
    signatures: [{ sig: encodeBase64(raw.signature) }],
  })
  return { envelope, verifiers: [encodeBase64(Buffer.from(toRecordedVerifier(raw).pem))] }
}

/** The entry of an answer, as bundles hold it. Throws UNAVAILABLE unless it is of this very signature. */
function readEntry(json: unknown, content: WitnessedContent, raw: RawSignature, what: string): LogEntry {
  const entries = isRecord(json) ? Object.values(json) : []
  const [entry] = entries
  if (entries.length !== 1 || !isRecord(entry))
    throw unusableAnswer(what, 'answered without exactly one entry')
  const { body, integratedTime, logID, logIndex, verification } = entry
  const kind = 'message' in content ? MESSAGE : ENVELOPE
  const spec = readEntryBody(body, kind, what)
  if ('message' in content) checkMessageBody(spec, writeMessageSpec(content.message, raw), what)
  else checkEnvelopeBody(spec, content, raw, what)
  const { signedEntryTimestamp, inclusionProof } = isRecord(verification) ? verification : {}
  const index = readCount(logIndex)
  const time = readCount(integratedTime)
  const keyId = hexToBase64(logID)
  const proof = isRecord(inclusionProof)
    ? readProof({
        logIndex: inclusionProof['logIndex'],
        treeSize: inclusionProof['treeSize'],
        rootHash: hexToBase64(inclusionProof['rootHash']),
        hashes: Array.isArray(inclusionProof['hashes'])
          ? inclusionProof['hashes'].map(hexToBase64)
          : undefined,
        checkpoint: inclusionProof['checkpoint'],
      })
    : undefined
  if (index === undefined || time === undefined || keyId === undefined || proof === undefined)
    throw unusableAnswer(what, 'answered with an entry without index, time, log or proof of inclusion')
  if (decodeBase64(signedEntryTimestamp) === undefined)
    throw unusableAnswer(what, 'answered with an entry without a signed timestamp')
  return {
    logIndex: index,
    logId: { keyId },
    kindVersion: kind,
    integratedTime: time,
    inclusionPromise: { signedEntryTimestamp },
    inclusionProof: proof,
    canonicalizedBody: body,
  }
}

function checkMessageBody(
  { data, signature }: Readonly<Record<string, unknown>>,
  expected: MessageSpec,
  what: string,
): void {
  const hash = isRecord(data) && isRecord(data['hash']) ? data['hash'] : {}
  const { algorithm, value } = expected.data.hash
  if (hash['algorithm'] !== algorithm || hash['value'] !== value)
    throw unusableAnswer(what, 'answered with the entry of another message')
  const signed = isRecord(signature) ? signature : {}
  if (signed['content'] !== expected.signature.content)
    throw unusableAnswer(what, 'answered with the entry of another signature')
  const verifier = isRecord(signed['publicKey']) ? signed['publicKey'] : {}
  if (decodePem(verifier['content']) !== decodePem(expected.signature.publicKey.content))
    throw unusableAnswer(what, 'answered with the entry of another key or certificate')
}

/** The text without the line feeds around it; undefined if it is not base64. */
function decodePem(content: unknown): string | undefined {
  const pem = decodeBase64(content)
  return pem === undefined ? undefined : Buffer.from(pem).toString('latin1').trim()
}

function checkEnvelopeBody(
  { payloadHash, signatures }: Readonly<Record<string, unknown>>,
  { payload }: Payload,
  raw: RawSignature,
  what: string,
): void {
  const hash = createHash('sha256').update(payload).digest('hex')
  const signed: unknown = Array.isArray(signatures) && signatures.length === 1 ? signatures[0] : undefined
  if (!isRecord(payloadHash) || payloadHash['algorithm'] !== 'sha256' || payloadHash['value'] !== hash)
    throw unusableAnswer(what, 'answered with the entry of another payload')
  if (!isRecord(signed) || signed['signature'] !== encodeBase64(raw.signature))
    throw unusableAnswer(what, 'answered with the entry of another signature')
  if (decodePem(signed['verifier']) !== toRecordedVerifier(raw).pem.trim())
    throw unusableAnswer(what, 'answered with the entry of another key or certificate')
}

const hexToBase64 = (value: unknown): string | undefined =>
  typeof value === 'string' && /^(?:[0-9a-f]{2}){1,64}$/.test(value)
    ? Buffer.from(value, 'hex').toString('base64')
    : undefined

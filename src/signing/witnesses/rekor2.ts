import { createHash } from 'node:crypto'

import { requestJson } from '../../http/json.ts'
import { createRefusalError } from '../../http/refusal.ts'
import type { Transport } from '../../http/transport.ts'
import { isRecord } from '../../json.ts'
import { decodeBase64, encodeBase64 } from '../base64.ts'
import type { LogEntry } from '../bundle.ts'
import { selectHash } from '../public-key.ts'
import { joinPath } from '../services/join-path.ts'
import { SignatureRecorded, toSignedBytes, type Witness } from '../witness.ts'
import { readCount, readEntryBody, readProof, unusableAnswer } from './log-entry.ts'
import { nameAlgorithm, requireLoggableKey } from './loggable-key.ts'
import { toRecordedVerifier } from './recorded-verifier.ts'

const KIND = { kind: 'hashedrekord', version: '0.0.2' } as const
const ANSWER_LIMIT = 256 * 1024

const HASH_NAMES = { sha256: 'SHA2_256', sha384: 'SHA2_384', sha512: 'SHA2_512' } as const

/**
 * A transparency log of Rekor 2, which records the hash that was signed (`hashedrekord`): that of a message, or of the
 * pre-authentication encoding. Its entries have no time of their own.
 * https://github.com/sigstore/rekor-tiles/blob/main/CLIENTS.md
 */
export function createRekor2(url: string, transport: Transport): Witness {
  const what = `the transparency log ${new URL(url).host}`
  return {
    name: what,
    async testify(content, raw) {
      const { kind, der, key } = toRecordedVerifier(raw)
      requireLoggableKey(key, 2)
      const hash = selectHash(key.scheme)
      const digest = encodeBase64(createHash(hash).update(toSignedBytes(content)).digest())
      const rawBytes = encodeBase64(der)
      const signature = {
        content: encodeBase64(raw.signature),
        verifier: {
          ...(kind === 'certificate' ? { x509Certificate: { rawBytes } } : { publicKey: { rawBytes } }),
          keyDetails: nameAlgorithm(key),
        },
      }
      const answer = await requestJson(transport, {
        url: joinPath(url, 'api/v2/log/entries'),
        body: { json: { hashedRekordRequestV002: { digest, signature } } },
        what,
        limit: ANSWER_LIMIT,
      })
      if (answer.status === 409) throw new SignatureRecorded(what)
      if (!answer.ok)
        throw createRefusalError(what, answer, transport, {
          code: 'UNAVAILABLE',
          hint: 'the log does not take the entry; is it a log of Rekor 2? For one of Rekor 1: --rekor-version 1',
        })
      const expected = { algorithm: HASH_NAMES[hash], digest, signature }
      return { tlogEntries: [readEntry(answer.json, expected, what)], timestamps: [] }
    },
  }
}

interface Expected {
  readonly algorithm: string
  readonly digest: string
  readonly signature: { readonly content: string; readonly verifier: Readonly<Record<string, unknown>> }
}

/** The entry of an answer, as bundles hold it. Throws UNAVAILABLE unless it is of this very signature. */
function readEntry(json: unknown, expected: Expected, what: string): LogEntry {
  if (!isRecord(json)) throw unusableAnswer(what, 'answered without an entry')
  const { logIndex, logId, inclusionProof, canonicalizedBody } = json
  // Protobuf's JSON leaves out a zero and an empty list.
  checkBody(readEntryBody(canonicalizedBody, KIND, what), expected, what)
  const index = readCount(logIndex ?? 0)
  const keyId = isRecord(logId) && decodeBase64(logId['keyId']) !== undefined ? logId['keyId'] : undefined
  const { checkpoint, ...fields } = isRecord(inclusionProof) ? inclusionProof : {}
  const proof = readProof({
    logIndex: fields['logIndex'] ?? 0,
    rootHash: fields['rootHash'],
    treeSize: fields['treeSize'],
    hashes: fields['hashes'] ?? [],
    checkpoint: isRecord(checkpoint) ? checkpoint['envelope'] : undefined,
  })
  if (index === undefined || keyId === undefined || proof === undefined)
    throw unusableAnswer(what, 'answered with an entry without index, log or proof of inclusion')
  return { logIndex: index, logId: { keyId }, kindVersion: KIND, inclusionProof: proof, canonicalizedBody }
}

function checkBody(spec: Readonly<Record<string, unknown>>, expected: Expected, what: string): void {
  const record = isRecord(spec['hashedRekordV002']) ? spec['hashedRekordV002'] : {}
  const { data, signature } = record
  if (!isRecord(data) || data['algorithm'] !== expected.algorithm || data['digest'] !== expected.digest)
    throw unusableAnswer(what, 'answered with the entry of another digest')
  if (!isRecord(signature) || signature['content'] !== expected.signature.content)
    throw unusableAnswer(what, 'answered with the entry of another signature')
  const verifier = isRecord(signature['verifier']) ? signature['verifier'] : {}
  for (const field of ['x509Certificate', 'publicKey'] as const)
    if (readRawBytes(verifier[field]) !== readRawBytes(expected.signature.verifier[field]))
      throw unusableAnswer(what, 'answered with the entry of another key or certificate')
}

const readRawBytes = (value: unknown): unknown => (isRecord(value) ? value['rawBytes'] : undefined)

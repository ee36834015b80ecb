import { createHash, randomBytes } from 'node:crypto'

import { requestBytes } from '../../http/bytes.ts'
import { createRefusalError } from '../../http/refusal.ts'
import type { Transport } from '../../http/transport.ts'
import { DER, encodeDer, encodeObjectIdentifier } from '../der.ts'
import { DerProblem, expectTag, readElement, readElements, readSequence } from '../identity/der-reader.ts'
import type { Witness } from '../witness.ts'
import { unusableAnswer } from './log-entry.ts'

const SHA256 = '2.16.840.1.101.3.4.2.1'
/** Of an answer with certificates, in bytes. */
const ANSWER_LIMIT = 64 * 1024
const NONCE_SIZE = 8

/** A timestamp authority (RFC 3161) at its full address: it signs the time at which a signature existed. */
export function createTimestampAuthority(url: string, transport: Transport): Witness {
  const what = `the timestamp authority ${new URL(url).host}`
  return {
    name: what,
    async testify(_content, { signature }) {
      const hash = createHash('sha256').update(signature).digest()
      const nonce = createNonce()
      const answer = await requestBytes(transport, {
        url,
        body: { type: 'application/timestamp-query', bytes: writeTimestampRequest(hash, nonce) },
        accept: 'application/timestamp-reply',
        what,
        limit: ANSWER_LIMIT,
      })
      if (!answer.ok)
        throw createRefusalError(what, answer, transport, {
          code: 'UNAVAILABLE',
          hint: 'the address of a timestamp authority is complete, for example https://HOST/api/v1/timestamp',
        })
      checkResponse(answer.bytes, hash, nonce, what)
      return { tlogEntries: [], timestamps: [answer.bytes] }
    },
  }
}

/** A positive number whose DER has no leading zero byte. */
function createNonce(): Uint8Array {
  const nonce = randomBytes(NONCE_SIZE)
  nonce[0] = (nonce[0]! & 0x3f) | 0x40
  return nonce
}

/** A TimeStampReq (RFC 3161, section 2.4.1) that asks for the authority's certificates. */
function writeTimestampRequest(hash: Uint8Array, nonce: Uint8Array): Uint8Array {
  const algorithm = encodeDer(DER.sequence, encodeObjectIdentifier(SHA256), encodeDer(DER.null))
  return encodeDer(
    DER.sequence,
    encodeDer(DER.integer, Buffer.from([1])),
    encodeDer(DER.sequence, algorithm, encodeDer(DER.octetString, hash)),
    encodeDer(DER.integer, nonce),
    encodeDer(DER.boolean, Buffer.from([0xff])),
  )
}

/** Throws UNAVAILABLE unless the response grants a timestamp of this hash in answer to this request. */
function checkResponse(der: Uint8Array, hash: Uint8Array, nonce: Uint8Array, what: string): void {
  let found
  try {
    found = readTimestamp(Buffer.from(der))
  } catch (cause) {
    if (cause instanceof DerProblem)
      throw unusableAnswer(what, 'answered with what is not a timestamp', cause)
    throw cause
  }
  if (found.kind === 'refused')
    throw unusableAnswer(what, `refused the timestamp (PKIStatus ${found.status})`)
  if (!found.hash.equals(hash)) throw unusableAnswer(what, 'answered with the timestamp of another signature')
  if (found.nonce?.equals(nonce) !== true)
    throw unusableAnswer(what, 'answered with the timestamp of another request')
}

type FoundTimestamp =
  | { readonly kind: 'granted'; readonly hash: Buffer; readonly nonce: Buffer | undefined }
  | { readonly kind: 'refused'; readonly status: number }

/** The TimeStampResp of RFC 3161, section 2.4.2, down to the TSTInfo in it. Throws DerProblem. */
function readTimestamp(der: Buffer): FoundTimestamp {
  const [info, token] = readSequence(der)
  const status =
    expectTag(readElements(expectTag(info, DER.sequence).content)[0], DER.integer).content.at(-1) ?? 0
  // Only 0, granted, and 1, granted with modifications, have a token.
  if (status > 1) return { kind: 'refused', status }
  const [, content] = readElements(expectTag(token, DER.sequence).content)
  const signedData = readSequence(expectTag(content, DER.context0).content)
  const [, wrapped] = readElements(expectTag(signedData[2], DER.sequence).content)
  const fields = readSequence(readElement(expectTag(wrapped, DER.context0).content, DER.octetString).content)
  const imprint = readElements(expectTag(fields[2], DER.sequence).content)
  return {
    kind: 'granted',
    hash: expectTag(imprint[1], DER.octetString).content,
    // After the five mandatory fields, the nonce is the only integer.
    nonce: fields.slice(5).find(({ tag }) => tag === DER.integer)?.content,
  }
}

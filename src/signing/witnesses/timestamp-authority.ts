import { createHash, randomBytes } from 'node:crypto'

import { WasmpackError } from '../../errors.ts'
import { requestBytes } from '../../http/bytes.ts'
import { createRefusalError } from '../../http/refusal.ts'
import type { Transport } from '../../http/transport.ts'
import { DER, encodeDer, encodeObjectIdentifier } from '../der.ts'
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
      await checkResponse(answer.bytes, hash, nonce, what)
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
async function checkResponse(
  der: Uint8Array,
  hash: Uint8Array,
  nonce: Uint8Array,
  what: string,
): Promise<void> {
  const { RFC3161Timestamp } = await import('@sigstore/core')
  let found
  try {
    const response = RFC3161Timestamp.parse(Buffer.from(der))
    const status = response.status
    // Only a granted response (0, or 1 with modifications) has a token.
    if (status !== 0n && status !== 1n)
      throw unusableAnswer(what, `refused the timestamp (PKI status ${status})`)
    const { tstInfo } = response
    // TSTInfo has accuracy, ordering and nonce after its five mandatory fields.
    const own = tstInfo.root.subs.slice(5).find(({ tag }) => tag.isUniversal() && tag.number === DER.integer)
    found = { hash: tstInfo.messageImprintHashedMessage, nonce: own?.value }
  } catch (cause) {
    if (cause instanceof WasmpackError) throw cause
    throw unusableAnswer(what, 'answered with what is not a timestamp', cause)
  }
  if (!found.hash.equals(hash)) throw unusableAnswer(what, 'answered with the timestamp of another signature')
  if (found.nonce?.equals(nonce) !== true)
    throw unusableAnswer(what, 'answered with the timestamp of another request')
}

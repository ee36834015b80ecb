import { createHash } from 'node:crypto'
import type { RequestListener } from 'node:http'

import { DER, encodeDer, encodeObjectIdentifier } from '../../../src/signing/der.ts'
import { readSequence } from '../../../src/signing/identity/der-reader.ts'
import { readBody } from './answers.ts'

export interface TimestampSwitches {
  /** Refuses: a PKIStatus. */
  readonly status?: number
  /** Answers with an earlier timestamp, whatever is asked. */
  readonly answersOthers?: 'signature' | 'nonce'
}

const GENERALIZED_TIME = 0x18

/** Imitates a timestamp authority (RFC 3161), without a signature: the structure of its answer is real. */
export function imitateTimestampAuthority({
  status = 0,
  answersOthers,
}: TimestampSwitches = {}): RequestListener {
  return async (request, response) => {
    const isQuery = request.headers['content-type'] === 'application/timestamp-query'
    if (request.url !== '/api/v1/timestamp' || !isQuery) return void response.writeHead(404).end('not found')
    const [, imprint, nonce] = readSequence(await readBody(request))
    const other = createHash('sha256').update('other').digest()
    const own = answersOthers === 'signature' ? changeHash(imprint!.whole, other) : imprint!.whole
    const ownNonce = answersOthers === 'nonce' ? encodeDer(DER.integer, Buffer.from([1])) : nonce!.whole
    const granted = encodeDer(DER.sequence, encodeDer(DER.integer, Buffer.from([status])))
    const answer =
      status > 1
        ? encodeDer(DER.sequence, granted)
        : encodeDer(DER.sequence, granted, writeToken(own, ownNonce))
    response.writeHead(200, { 'content-type': 'application/timestamp-reply' }).end(answer)
  }
}

const changeHash = (imprint: Uint8Array, hash: Uint8Array): Uint8Array =>
  Buffer.concat([imprint.subarray(0, imprint.length - hash.length), hash])

/** A ContentInfo with SignedData, whose content is a TSTInfo; its set of signers is empty. */
function writeToken(imprint: Uint8Array, nonce: Uint8Array): Uint8Array {
  const info = encodeDer(
    DER.sequence,
    encodeDer(DER.integer, Buffer.from([1])),
    encodeObjectIdentifier('1.3.6.1.4.1.57264.2'),
    imprint,
    encodeDer(DER.integer, Buffer.from([7])),
    encodeDer(GENERALIZED_TIME, Buffer.from('20260102030405Z')),
    nonce,
  )
  const content = encodeDer(
    DER.sequence,
    encodeObjectIdentifier('1.2.840.113549.1.9.16.1.4'),
    encodeDer(DER.context0, encodeDer(DER.octetString, info)),
  )
  const signed = encodeDer(
    DER.sequence,
    encodeDer(DER.integer, Buffer.from([3])),
    encodeDer(0x31),
    content,
    encodeDer(0x31),
  )
  return encodeDer(
    DER.sequence,
    encodeObjectIdentifier('1.2.840.113549.1.7.2'),
    encodeDer(DER.context0, signed),
  )
}

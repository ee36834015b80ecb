import { createHash, randomBytes } from 'node:crypto'
import type { RequestListener } from 'node:http'

import { readBody, sendJson } from './answers.ts'

export interface RekorSwitches {
  /** Records the entry and breaks the connection, so many times. */
  losesAnswers?: number
  /** Changes the body of an entry before it is answered. */
  readonly forges?: (spec: Record<string, any>) => void
}

const sha256 = (text: string | Uint8Array): Buffer => createHash('sha256').update(text).digest()
const base64 = (text: string | Uint8Array): string => Buffer.from(text).toString('base64')

/** Imitates Rekor 1.5, without a tree: an equal entry is answered with 409 and its address. */
export function imitateRekor1(switches: RekorSwitches = {}): RequestListener {
  const entries = new Map<string, unknown>()
  return async (request, response) => {
    const path = '/api/v1/log/entries'
    if (request.method === 'GET') {
      const found = entries.get(request.url!.slice(path.length + 1))
      return found === undefined ? sendJson(response, 404, {}) : sendJson(response, 200, found)
    }
    if (request.url !== path)
      return sendJson(response, 404, { code: 404, message: `path ${request.url} was not found` })
    const { kind, apiVersion, spec } = JSON.parse((await readBody(request)).toString())
    const { signature, recorded } =
      kind === 'dsse' ? recordEnvelope(spec.proposedContent) : recordMessage(spec)
    const id = sha256(signature).toString('hex')
    if (entries.has(id))
      return sendJson(
        response,
        409,
        { code: 409, message: 'an equivalent entry already exists' },
        { location: `${path}/${id}` },
      )
    switches.forges?.(recorded)
    const logIndex = entries.size
    const answer = {
      [id]: {
        body: base64(JSON.stringify({ apiVersion, kind, spec: recorded })),
        integratedTime: Math.floor(Date.now() / 1000),
        logID: sha256('log').toString('hex'),
        logIndex,
        verification: {
          signedEntryTimestamp: base64(randomBytes(70)),
          inclusionProof: {
            checkpoint: `log\n${logIndex + 1}\nroot\n`,
            hashes: [sha256('sibling').toString('hex')],
            logIndex,
            rootHash: sha256('root').toString('hex'),
            treeSize: logIndex + 1,
          },
        },
      },
    }
    entries.set(id, answer)
    if (switches.losesAnswers) {
      switches.losesAnswers--
      return void request.socket.destroy()
    }
    sendJson(response, 201, answer)
  }
}

interface Recorded {
  readonly signature: string
  readonly recorded: Record<string, any>
}

/** Hashes in place of the envelope. */
function recordEnvelope({ envelope: text, verifiers }: Record<string, any>): Recorded {
  const envelope = JSON.parse(text)
  const [{ sig: signature }] = envelope.signatures
  return {
    signature,
    recorded: {
      envelopeHash: { algorithm: 'sha256', value: sha256(text).toString('hex') },
      payloadHash: {
        algorithm: 'sha256',
        value: sha256(Buffer.from(envelope.payload, 'base64')).toString('hex'),
      },
      signatures: [{ signature, verifier: verifiers[0] }],
    },
  }
}

/** As it was proposed. */
const recordMessage = (spec: Record<string, any>): Recorded => ({
  signature: spec['signature'].content,
  recorded: spec,
})

/** Imitates Rekor 2 (rekor-tiles 2.3), without a tree: an equal entry is answered with 409 and no entry. */
export function imitateRekor2(switches: RekorSwitches = {}): RequestListener {
  const seen = new Set<string>()
  return async (request, response) => {
    const { hashedRekordRequestV002: asked } = JSON.parse((await readBody(request)).toString())
    if (request.url !== '/api/v2/log/entries' || asked === undefined)
      return sendJson(response, 400, { code: 3, message: 'invalid request', details: [] })
    const { signature, digest } = asked
    if (seen.has(signature.content))
      return sendJson(response, 409, {
        code: 6,
        message: 'an equivalent entry already exists in the transparency log with index 0',
        details: [],
      })
    seen.add(signature.content)
    if (switches.losesAnswers) {
      switches.losesAnswers--
      return void request.socket.destroy()
    }
    const record = { data: { algorithm: 'SHA2_256', digest }, signature }
    switches.forges?.(record)
    const body = { apiVersion: '0.0.2', kind: 'hashedrekord', spec: { hashedRekordV002: record } }
    sendJson(response, 201, {
      logIndex: String(seen.size - 1),
      logId: { keyId: base64(sha256('log')) },
      kindVersion: { kind: 'hashedrekord', version: '0.0.2' },
      integratedTime: '0',
      inclusionPromise: null,
      inclusionProof: {
        logIndex: String(seen.size - 1),
        rootHash: base64(sha256('root')),
        treeSize: String(seen.size),
        hashes: [],
        checkpoint: { envelope: 'log\n1\nroot\n' },
      },
      canonicalizedBody: base64(JSON.stringify(body)),
    })
  }
}

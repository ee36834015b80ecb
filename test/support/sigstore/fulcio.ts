import { createPublicKey, verify } from 'node:crypto'
import type { RequestListener } from 'node:http'

import { readPem } from '../../../src/signing/pem.ts'
import { readElements, readSequence } from '../../../src/signing/identity/der-reader.ts'
import { readBody, sendJson } from './answers.ts'
import { Authority, newPublicKey } from './authority.ts'

export interface FulcioSwitches {
  /** Certifies a key of its own in place of the one in the request. */
  readonly certifiesAnotherKey?: boolean
}

/** Imitates Fulcio 1.8: checks the certification request, and certifies the e-mail address of the token. */
export function imitateFulcio({ certifiesAnotherKey = false }: FulcioSwitches = {}): RequestListener {
  const authority = new Authority()
  return async (request, response) => {
    if (request.method !== 'POST' || request.url !== '/api/v2/signingCert') return sendJson(response, 404, {})
    const body = JSON.parse((await readBody(request)).toString()) as {
      readonly credentials: { readonly oidcIdentityToken: string }
      readonly certificateSigningRequest: string
    }
    const publicKey = openRequest(Buffer.from(body.certificateSigningRequest, 'base64').toString())
    if (publicKey === undefined)
      return sendJson(response, 400, {
        code: 3,
        message: 'The certificate signing request is malformed',
        details: [],
      })
    const { iss, email } = JSON.parse(
      Buffer.from(body.credentials.oidcIdentityToken.split('.')[1]!, 'base64url').toString(),
    ) as { readonly iss: string; readonly email: string }
    const certificate = authority.certify({
      publicKey: certifiesAnotherKey ? newPublicKey() : publicKey,
      email,
      issuer: iss,
    })
    sendJson(response, 200, { signedCertificateEmbeddedSct: { chain: { certificates: [certificate] } } })
  }
}

/** The public key of a certification request whose signature is valid, in SPKI form. */
function openRequest(pem: string): Buffer | undefined {
  const { label, bytes } = readPem(pem, 'the request')
  const [content, , signature] = readSequence(Buffer.from(bytes))
  const publicKey = readElements(content!.content)[2]!.whole
  const key = createPublicKey({ key: publicKey, format: 'der', type: 'spki' })
  const isValid = verify('sha256', content!.whole, key, signature!.content.subarray(1))
  return label === 'CERTIFICATE REQUEST' && isValid ? publicKey : undefined
}

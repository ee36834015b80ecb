import { X509Certificate } from 'node:crypto'

import { WasmpackError } from '../../errors.ts'
import { requestJson } from '../../http/json.ts'
import { createRefusalError } from '../../http/refusal.ts'
import type { Transport } from '../../http/transport.ts'
import { isRecord } from '../../json.ts'
import type { IdentityToken } from '../../oidc/identity-token.ts'
import { encodeBase64 } from '../base64.ts'
import { readPem } from '../pem.ts'
import { joinPath } from '../services/join-path.ts'

/** A certificate authority that certifies whoever an identity token names. */
export interface CertificateAuthority {
  /** For people: which service. */
  readonly name: string
  /**
   * The certificate, in DER, for the key of a certification request in PEM. Throws UNAUTHENTICATED if the token is refused,
   * UNAVAILABLE if there is no answer, or none that is a certificate for this very key.
   */
  certify(request: string, publicKey: Uint8Array, token: IdentityToken): Promise<Uint8Array>
}

/** A chain of some certificates, in bytes. */
const ANSWER_LIMIT = 256 * 1024

/** Fulcio's interface, version 2. https://github.com/sigstore/fulcio/blob/main/fulcio.proto */
export function createFulcio(url: string, transport: Transport): CertificateAuthority {
  const what = `the certificate authority ${new URL(url).host}`
  return {
    name: what,
    async certify(request, publicKey, token) {
      const answer = await requestJson(transport, {
        url: joinPath(url, 'api/v2/signingCert'),
        body: {
          json: {
            credentials: { oidcIdentityToken: token.text },
            certificateSigningRequest: encodeBase64(Buffer.from(request)),
          },
        },
        what,
        limit: ANSWER_LIMIT,
      })
      if (!answer.ok)
        throw createRefusalError(what, answer, transport, {
          code: answer.status === 404 || answer.status === 405 ? 'UNAVAILABLE' : 'UNAUTHENTICATED',
          hint: `it must trust the issuer ${token.issuer} for the audience of the token, and know how to name its subject`,
        })
      return readCertificate(answer.json, publicKey, what)
    },
  }
}

function readCertificate(json: unknown, publicKey: Uint8Array, what: string): Uint8Array {
  const unusable = (problem: string, cause?: unknown): WasmpackError =>
    new WasmpackError('UNAVAILABLE', `${what} answered ${problem}`, {
      hint: 'check that the address is the one of a Fulcio; --debug shows the requests',
      cause,
    })
  const { signedCertificateEmbeddedSct: embedded, signedCertificateDetachedSct: detached } = isRecord(json)
    ? json
    : {}
  const issued = isRecord(embedded) ? embedded : isRecord(detached) ? detached : {}
  const { certificates } = isRecord(issued['chain']) ? issued['chain'] : {}
  const pem: unknown = Array.isArray(certificates) ? certificates[0] : undefined
  if (typeof pem !== 'string') throw unusable('without a certificate')
  let certificate
  try {
    const { label, bytes } = readPem(pem, 'the certificate')
    if (label === 'CERTIFICATE') certificate = new X509Certificate(bytes)
  } catch (cause) {
    throw unusable('with a malformed certificate', cause)
  }
  if (certificate === undefined) throw unusable('with something else than a certificate')
  if (!certificate.publicKey.export({ format: 'der', type: 'spki' }).equals(publicKey))
    throw unusable('with a certificate for another key')
  return certificate.raw
}

import { generateKeyPairSync, sign, X509Certificate } from 'node:crypto'

import type { IdentityToken } from '../../oidc/identity-token.ts'
import type { TokenSupply } from '../../oidc/token-supply.ts'
import { toVerificationKey } from '../public-key.ts'
import type { Signer } from '../signer.ts'
import { describeSigner, type Identity } from '../verified-signer.ts'
import { writeCertificateRequest } from './certificate-request.ts'
import type { CertificateAuthority } from './fulcio.ts'
import { createOwnVerifier } from './own-verifier.ts'

export interface IdentitySignerOptions {
  readonly authority: CertificateAuthority
  readonly tokens: TokenSupply
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** A certificate is used until this long before its end, in milliseconds: the signature must be timestamped within its validity. */
const MARGIN = 60_000

/**
 * Signs as the identity of a token, with a key that lives as long as this run and a certificate for it. The token is taken at once,
 * so that a missing one ends the run before anything is written; the certificate is requested with the first signature, since it
 * is valid for some minutes only.
 */
export async function openIdentitySigner({ authority, tokens, now }: IdentitySignerOptions): Promise<Signer> {
  const token = await tokens.take()
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  const issued: Uint8Array[] = []
  let current: { readonly der: Uint8Array; readonly end: number } | undefined
  const certify = async (): Promise<Uint8Array> => {
    if (current !== undefined && now() + MARGIN < current.end) return current.der
    const der = await authority.certify(writeCertificateRequest(privateKey), spki, await tokens.take())
    issued.push(der)
    current = { der, end: Date.parse(new X509Certificate(der).validTo) }
    return der
  }
  const identity = nameIdentity(token)
  return {
    name: describeSigner(identity),
    verifier: createOwnVerifier(toVerificationKey(publicKey), (der) =>
      issued.some((own) => Buffer.from(own).equals(der)),
    ),
    async sign(message) {
      const certificate = await certify()
      return {
        signature: sign('sha256', message, privateKey),
        material: { kind: 'certificate', certificate },
        publicKey: spki,
      }
    },
  }
}

/** What a token says of its holder; what a certificate calls the same holder is for its authority to choose. */
const nameIdentity = ({ issuer, subject, email }: IdentityToken): Identity => ({
  kind: 'identity',
  subject: email ?? subject,
  issuer,
})

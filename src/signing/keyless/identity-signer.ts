import { generateKeyPairSync, sign, X509Certificate } from 'node:crypto'

import { WasmpackError } from '../../errors.ts'
import type { TokenSupply } from '../../oidc/token-supply.ts'
import { readCertificateClaims } from '../identity/certificate-claims.ts'
import type { EvidenceRequirement } from '../identity/evidence.ts'
import { toVerificationKey } from '../public-key.ts'
import type { Signer } from '../signer.ts'
import { describeSigner, type Identity } from '../verified-signer.ts'
import { createVerifier } from '../verifier.ts'
import { writeCertificateRequest } from './certificate-request.ts'
import type { CertificateAuthority } from './fulcio.ts'
import { listOwnNames } from './own-names.ts'
import { createOwnVerifier } from './own-verifier.ts'

export interface IdentitySignerOptions {
  readonly authority: CertificateAuthority
  readonly tokens: TokenSupply
  /**
   * By what the signatures of this identity are verified: new ones before they are attached, and earlier ones, which are then not
   * made again. Without it, a signature is verified by its key alone, and earlier ones are not recognised.
   */
  readonly evidence?: EvidenceRequirement | undefined
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
export async function openIdentitySigner({
  authority,
  tokens,
  evidence,
  now,
}: IdentitySignerOptions): Promise<Signer> {
  const token = await tokens.take()
  const names = listOwnNames(token)
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  const issued: Uint8Array[] = []
  let current: { readonly certificate: Uint8Array; readonly end: number } | undefined
  const certify = async (): Promise<Uint8Array> => {
    if (current !== undefined && now() + MARGIN < current.end) return current.certificate
    const certificate = await authority.certify(
      writeCertificateRequest(privateKey),
      spki,
      await tokens.take(),
    )
    names.add(readIdentity(certificate, authority))
    issued.push(certificate)
    current = { certificate, end: Date.parse(new X509Certificate(certificate).validTo) }
    return certificate
  }
  const { subject, issuer } = names
  return {
    name: describeSigner({ kind: 'identity', subject: subject.description, issuer: issuer.description }),
    identities: names.list(),
    verifier:
      evidence === undefined
        ? createOwnVerifier(toVerificationKey(publicKey), (der) =>
            issued.some((own) => Buffer.from(own).equals(der)),
          )
        : createVerifier({ kind: 'identity', subject, issuer, evidence }),
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

/** Whom a new certificate names. A certificate without a name that verifiers read is of no use to anyone. */
function readIdentity(certificate: Uint8Array, { name }: CertificateAuthority): Identity {
  const claims = readCertificateClaims(certificate)
  if (claims.kind === 'claims') return claims.identity
  throw new WasmpackError('UNAVAILABLE', `the answer of ${name} ${claims.problem}`, {
    hint: 'check that the address is the one of a Fulcio, and how it names the subjects of this issuer',
  })
}

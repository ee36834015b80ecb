import { parseBundle } from '../bundle-reader.ts'
import { encodePreAuth } from '../dsse.ts'
import { readCertificateClaims } from '../identity/certificate-claims.ts'
import { isSignedBy, type VerificationKey } from '../public-key.ts'
import type { Verifier } from '../verifier.ts'

/**
 * Accepts the signatures that were made in this run: with its key, and a certificate, in DER, of which `isOwn` says that it was
 * issued for it. Without a trusted root, who made earlier ones cannot be told.
 */
export const createOwnVerifier = (
  key: VerificationKey,
  isOwn: (certificate: Uint8Array) => boolean,
): Verifier => ({
  requirement: { kind: 'keys', keys: [key] },
  async verify(bytes) {
    const { material, envelope } = parseBundle(bytes)
    if (envelope === undefined || material.kind !== 'certificate' || !isOwn(material.certificate))
      return { kind: 'rejected', reason: 'was not made in this run' }
    const claims = readCertificateClaims(material.certificate)
    if (claims.kind === 'unreadable') return { kind: 'rejected', reason: claims.problem }
    return isSignedBy(key, encodePreAuth(envelope), envelope.signature)
      ? { kind: 'verified', signer: claims.identity, envelope }
      : { kind: 'rejected', reason: 'has a signature that is not valid' }
  },
  verifyMessage: async () => ({ kind: 'rejected', reason: 'is not of a statement' }),
})

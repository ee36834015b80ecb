import type { Bundle } from '../bundle.ts'
import { parseBundle } from '../bundle-reader.ts'
import { readCertificateClaims } from '../identity/certificate-claims.ts'
import type { VerificationKey } from '../public-key.ts'
import type { SignatureVerdict } from '../requirement.ts'
import { type SignedContent, toEnvelopeContent, toMessageContent } from '../signed-content.ts'
import type { RequirementVerifier } from '../verifier.ts'

/**
 * Accepts the signatures that were made in this run: with its key, and a certificate, in DER, of which `isOwn` says that it was
 * issued for it. Without a trusted root, who made earlier ones cannot be told.
 */
export function createOwnVerifier(
  key: VerificationKey,
  isOwn: (certificate: Uint8Array) => boolean,
): RequirementVerifier {
  const accept = ({ material }: Bundle, content: SignedContent): SignatureVerdict => {
    const rejected = (reason: string): SignatureVerdict => ({ kind: 'rejected', reason })
    if (material.kind !== 'certificate' || !isOwn(material.certificate))
      return rejected('was not made in this run')
    const claims = readCertificateClaims(material.certificate)
    if (claims.kind === 'unreadable') return rejected(claims.problem)
    return content.isSignedBy(key)
      ? { kind: 'verified', signer: claims.identity }
      : rejected('has a signature that is not valid')
  }
  return {
    requirement: { kind: 'keys', keys: [key] },
    async verify(given) {
      const bundle = given instanceof Uint8Array ? parseBundle(given) : given
      const { envelope } = bundle
      if (envelope === undefined) return { kind: 'rejected', reason: 'was not made in this run' }
      const verdict = accept(bundle, toEnvelopeContent(envelope))
      return verdict.kind === 'rejected' ? verdict : { ...verdict, envelope }
    },
    async verifyMessage(given, message) {
      const bundle = given instanceof Uint8Array ? parseBundle(given) : given
      if (bundle.envelope !== undefined) return { kind: 'rejected', reason: 'was not made in this run' }
      const { signature } = bundle.message
      return accept(
        bundle,
        typeof message === 'function' ? message(signature) : toMessageContent(message, signature),
      )
    },
  }
}

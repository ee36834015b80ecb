import { X509Certificate } from 'node:crypto'

import { WasmpackError } from '../../errors.ts'
import { printable } from '../../printable.ts'
import type { Bundle } from '../bundle.ts'
import { toVerificationKey, type VerificationKey } from '../public-key.ts'
import type { SignedContent } from '../signed-content.ts'
import type { Identity } from '../verified-signer.ts'
import { type CertificateClaims, readCertificateClaims } from './certificate-claims.ts'
import { findNamedIssuer, verifyCertificate } from './certificate-chain.ts'
import { countCertificateTimestamps } from './certificate-timestamps.ts'
import type { EvidenceRequirement, VerifiedEvidence } from './evidence.ts'
import type { NameMatcher } from './name-matcher.ts'
import { NotVerified } from './not-verified.ts'
import { verifyWitnesses } from './witnesses.ts'

/** Who must have signed, and what services must confirm. */
export interface RequiredIdentity {
  readonly subject: NameMatcher
  readonly issuer: NameMatcher
  readonly evidence: EvidenceRequirement
}

export type IdentityVerdict =
  | { readonly kind: 'verified'; readonly signer: Identity; readonly evidence: VerifiedEvidence }
  | { readonly kind: 'rejected'; readonly reason: string }

/** For signing code, in certificates that say what they are for. */
const CODE_SIGNING = '1.3.6.1.5.5.7.3.3'
/** Extensions that are understood here or by OpenSSL: names, key usage, constraints, purposes. */
const UNDERSTOOD: ReadonlySet<string> = new Set(['2.5.29.15', '2.5.29.17', '2.5.29.19', '2.5.29.37'])

/**
 * Verifies that a bundle is signed by the required identity. What its certificate claims is compared first, which costs little;
 * then everything is verified that makes the claim true. A value, never thrown: an error of a library means "not verified".
 */
export function verifyIdentity(
  required: RequiredIdentity,
  bundle: Bundle,
  content: SignedContent,
): IdentityVerdict {
  if (bundle.material.kind === 'publicKey')
    return { kind: 'rejected', reason: 'signed with a key, not by an identity' }
  const claims = readCertificateClaims(bundle.material.certificate)
  if (claims.kind === 'unreadable') return { kind: 'rejected', reason: claims.problem }
  const { identity } = claims
  try {
    const leaf = readCertificate(bundle.material.certificate)
    requireIdentity(required, identity, leaf)
    requirePurpose(claims)
    const evidence = verifyLeaf(required.evidence, bundle, content, leaf)
    return { kind: 'verified', signer: identity, evidence }
  } catch (error) {
    const reason = error instanceof NotVerified ? error.message : 'cannot be verified: it is malformed'
    return { kind: 'rejected', reason }
  }
}

function readCertificate(der: Uint8Array): X509Certificate {
  let certificate: X509Certificate
  try {
    certificate = new X509Certificate(der)
  } catch (cause) {
    throw new NotVerified('has a certificate that cannot be read', { cause })
  }
  // OpenSSL also reads other encodings of the same certificate.
  if (!certificate.raw.equals(der)) throw new NotVerified('has a certificate that is not in DER')
  return certificate
}

function requireIdentity(
  { subject, issuer, evidence: { root } }: RequiredIdentity,
  found: Identity,
  leaf: X509Certificate,
): void {
  if (subject.matches(found.subject) && issuer.matches(found.issuer)) return
  const authority = findNamedIssuer(root, leaf)
  const by =
    authority === undefined
      ? `by no authority of trusted root ${root.name}`
      : `by ${authority.name} of trusted root ${root.name}`
  const missed = subject.matches(found.subject)
    ? `issuer ${issuer.description}`
    : `identity ${subject.description}`
  throw new NotVerified(
    `claims identity ${printable(found.subject)} (issuer ${printable(found.issuer)}, certified ${by}), not ${missed}`,
  )
}

function requirePurpose({ purposes = [CODE_SIGNING], critical }: CertificateClaims): void {
  if (!purposes.includes(CODE_SIGNING))
    throw new NotVerified('has a certificate that is not for signing code')
  const unknown = critical.find((id) => !UNDERSTOOD.has(id))
  if (unknown !== undefined)
    throw new NotVerified(`has a certificate with the unknown critical extension ${unknown}`)
}

function verifyLeaf(
  evidence: EvidenceRequirement,
  bundle: Bundle,
  content: SignedContent,
  leaf: X509Certificate,
): VerifiedEvidence {
  const { root, ignoreCertificateLog } = evidence
  const key = toKey(leaf)
  if (!content.isSignedBy(key)) throw new NotVerified('has a signature that is not valid')
  const verifier = { kind: 'certificate' as const, der: leaf.raw }
  const { times, ...witnessed } = verifyWitnesses(evidence, bundle, content, key, verifier)
  if (times.length === 0)
    throw new NotVerified(
      evidence.ignoreLog
        ? `has no timestamp of an authority of trusted root ${root.name}, which must give the time if the transparency log is ignored`
        : `has no verified time: neither a timestamp of an authority of trusted root ${root.name}, nor a promise of its log`,
    )
  const authority = verifyCertificate(
    root,
    leaf,
    times.map(({ time }) => new Date(time)),
  )
  const certificateTimestamps = ignoreCertificateLog
    ? 0
    : countCertificateTimestamps(root, leaf, authority.chain[0])
  if (certificateTimestamps === 0 && !ignoreCertificateLog)
    throw new NotVerified(
      `has a certificate without a timestamp (SCT) of a certificate log of trusted root ${root.name}`,
    )
  return { ...witnessed, certificateTimestamps, times }
}

function toKey(leaf: X509Certificate): VerificationKey {
  try {
    return toVerificationKey(leaf.publicKey, 'the key of its certificate')
  } catch (error) {
    throw error instanceof WasmpackError ? new NotVerified(error.message, { cause: error }) : error
  }
}

import { WasmpackError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import type { Operation, ReadOnlyTarget } from '../oci/target.ts'
import type { Verifier } from '../signing/verifier.ts'
import { findLegacyAttestations } from './find-legacy-attestations.ts'
import {
  type FoundStatement,
  findStatements,
  type RejectedCandidate,
  type Wanted,
} from './find-statements.ts'
import { describePredicateType } from './predicate-types.ts'
import { ATTESTATION_LIMIT } from './statement.ts'

/** An attestation of the wanted type by a signer that the verifier accepts. */
export interface VerifiedAttestation extends FoundStatement {
  readonly predicateType: string
  /** A bundle, or what cosign wrote before it wrote bundles. */
  readonly format: 'bundle' | 'legacy'
}

export interface AttestationVerification {
  readonly attestations: readonly VerifiedAttestation[]
  /** The other referrers of the artifact, and why each does not count. */
  readonly candidates: readonly RejectedCandidate[]
}

/**
 * Verifies that the artifact carries an attestation of the predicate type that the verifier accepts. Throws ATTESTATION_MISSING, or
 * ATTESTATION_UNTRUSTED with a reason for each candidate. A failed look-up throws its own error, so that it never means
 * "not attested".
 */
export async function verifyAttestations(
  target: ReadOnlyTarget,
  subject: Digest,
  verifier: Verifier,
  predicateType: string,
  operation: Operation = {},
): Promise<AttestationVerification> {
  const wanted: Wanted = { verifier, predicateType, bundleLimit: ATTESTATION_LIMIT }
  const accept = (
    found: readonly FoundStatement[],
    format: VerifiedAttestation['format'],
    candidates: readonly RejectedCandidate[],
  ): AttestationVerification => ({
    attestations: found.map((statement) => ({ ...statement, predicateType, format })),
    candidates,
  })
  const { found, rejected, unread, failure } = await findStatements(target, subject, wanted, operation)
  if (found.length > 0) return accept(found, 'bundle', rejected)
  const isLegacy = ({ kind }: RejectedCandidate): boolean => kind === 'legacy-attestation'
  const referrers = rejected.filter(isLegacy).map(({ digest }) => digest)
  const legacy = await findLegacyAttestations(target, subject, referrers, wanted, operation)
  const candidates = [...rejected.filter((one) => !isLegacy(one)), ...legacy.rejected]
  if (legacy.found.length > 0) return accept(legacy.found, 'legacy', candidates)
  if (failure !== undefined) throw failure
  throw describeRefusal(`${target.name}@${subject}`, subject, { predicateType, candidates, unread })
}

interface Refusal {
  readonly predicateType: string
  readonly candidates: readonly RejectedCandidate[]
  readonly unread: number
}

function describeRefusal(
  name: string,
  subject: Digest,
  { predicateType, candidates, unread }: Refusal,
): WasmpackError {
  const details = { subject, predicateType, candidates }
  const type = describePredicateType(predicateType)
  const attestations = candidates.filter(
    ({ kind, predicateType: claimed = predicateType }) =>
      claimed === predicateType && (kind === 'attestation' || kind === 'legacy-attestation'),
  )
  if (attestations.length === 0 && unread === 0)
    return new WasmpackError('ATTESTATION_MISSING', `${name} has no attestation of the type ${type}`, {
      hint: `attest it with: wasmpack attest ${name} --type ${predicateType} --predicate FILE --key cosign.key`,
      details,
    })
  const reasons = [...new Set(attestations.map(({ reason }) => reason))].slice(0, 3)
  return new WasmpackError(
    'ATTESTATION_UNTRUSTED',
    `no attestation of ${name} of the type ${type} is trusted (${attestations.length} found)`,
    {
      hint: reasons.join('; ') || `list what is attached with: wasmpack discover ${name}`,
      details: { ...details, unread },
    },
  )
}

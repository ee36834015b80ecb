import { WasmpackError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import type { Operation, ReadOnlyTarget } from '../oci/target.ts'
import { countSigners } from '../signing/verified-signer.ts'
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
  const search = await findAttestations(target, subject, verifier, predicateType, operation)
  const { attestations, candidates, failure, unread } = search
  if (attestations.length > 0) return { attestations, candidates }
  if (failure !== undefined) throw failure
  throw describeRefusal(`${target.name}@${subject}`, subject, { predicateType, candidates, unread })
}

/** How many attestations to look for, of which format, and what they must state. */
export interface AttestationSearchOptions extends Pick<Wanted, 'findPredicateFault'> {
  /** By different keys and identities; one if absent. */
  readonly atLeast?: number
  /** All if absent. */
  readonly formats?: readonly VerifiedAttestation['format'][] | undefined
}

/** What was found; nothing, too. */
export interface AttestationSearchResult extends AttestationVerification {
  /** How many of the candidates were not read. */
  readonly unread: number
  /** The first failed read: there may be more attestations than were found. */
  readonly failure?: WasmpackError
}

/** Finds the attestations of one type that the verifier accepts, until there are enough: bundles first, then what cosign wrote before. */
export async function findAttestations(
  target: ReadOnlyTarget,
  subject: Digest,
  verifier: Verifier,
  predicateType: string,
  operation: Operation,
  { atLeast = 1, formats = ['bundle', 'legacy'], findPredicateFault }: AttestationSearchOptions = {},
): Promise<AttestationSearchResult> {
  const isEnough = (found: readonly FoundStatement[]): boolean => countSigners(found) >= atLeast
  const wanted = { verifier, predicateType, bundleLimit: ATTESTATION_LIMIT, isEnough, findPredicateFault }
  const toAttestation =
    (format: VerifiedAttestation['format']) =>
    (statement: FoundStatement): VerifiedAttestation => ({ ...statement, format })
  const { found, rejected, unread, failure } = await findStatements(target, subject, wanted, operation)
  const attestations = formats.includes('bundle') ? found.map(toAttestation('bundle')) : []
  const common = { unread, ...(failure && { failure }) }
  if (isEnough(attestations) || !formats.includes('legacy'))
    return { attestations, candidates: rejected, ...common }
  const isLegacy = ({ kind }: RejectedCandidate): boolean => kind === 'legacy-attestation'
  const referrers = rejected.filter(isLegacy).map(({ digest }) => digest)
  const legacy = await findLegacyAttestations(target, subject, referrers, wanted, operation)
  return {
    attestations: [...attestations, ...legacy.found.map(toAttestation('legacy'))],
    candidates: [...rejected.filter((one) => !isLegacy(one)), ...legacy.rejected],
    ...common,
  }
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

import { describePredicateType } from '../../attestations/predicate-types.ts'
import type { AttestationVerification, VerifiedAttestation } from '../../attestations/verify-attestations.ts'
import { printable } from '../../printable.ts'
import { describeSigned } from './verification.ts'

/** What was verified, as `--format json` shows it. */
export const toAttestationsJson = (
  verifications: readonly AttestationVerification[],
): Record<string, unknown> => ({
  verified: true,
  attestations: verifications.flatMap(({ attestations }) => attestations),
  candidates: verifications.flatMap(({ candidates }) => candidates),
})

/** The artifact with its attestations, and under each who signed it. */
export const describeAttestations = (
  url: string,
  verifications: readonly AttestationVerification[],
): string =>
  [
    `${url}: attested`,
    ...verifications.flatMap(({ attestations }) => attestations).flatMap((one) => describeAttestation(one)),
  ].join('\n')

/** Its type, and under it who signed it. */
export const describeAttestation = ({
  predicateType,
  ...statement
}: VerifiedAttestation): readonly string[] => {
  const type = `  ${printable(describePredicateType(predicateType))}`
  return [type].concat(describeSigned(statement).map((line) => `  ${line}`))
}

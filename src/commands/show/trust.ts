import type { TrustJudgement } from '../../delivery/enforce-trust.ts'
import type { TrustTestResult } from '../../delivery/test-policies.ts'
import { printable, quoted } from '../../printable.ts'
import type { LocatedTrustPolicy, Waiver } from '../../trust/trust-policy.ts'
import type { Reporter } from '../../ui/reporter.ts'
import { describeAttestation } from './attestations.ts'

/** The trust policy with its file, as text. */
export const describeTrustPolicy = ({ policy, file }: LocatedTrustPolicy): string =>
  `trust policy ${quoted(policy.metadata.name)} of ${printable(file)}`

/** The trust policies that an artifact was held against, if any, as `--format json` shows them. */
export const toTrustJson = (
  judgements: readonly TrustJudgement[] = [],
): { readonly trustPolicies?: readonly object[] } =>
  judgements.length === 0
    ? {}
    : {
        trustPolicies: judgements.map(({ policy: { policy, file }, waiver, attestations }) => ({
          name: policy.metadata.name,
          file,
          ...(waiver && { waiver }),
          ...(attestations.length > 0 && {
            attestations: attestations.map(({ digest, predicateType, signer, format }) => ({
              digest,
              predicateType,
              signer,
              format,
            })),
          }),
        })),
      }

/** The attestations that trust policies asked for, with who signed each. */
export const describeAttested = (judgements: readonly TrustJudgement[]): readonly string[] => [
  ...new Set(
    judgements.flatMap(({ attestations }) => attestations).flatMap((one) => describeAttestation(one)),
  ),
]

/** Says that a waiver decided in place of a policy. */
export function warnOfWaivers(
  url: string,
  judgements: readonly TrustJudgement[] = [],
  reporter: Reporter,
): void {
  for (const { policy, waiver } of judgements)
    if (waiver !== undefined)
      reporter.warn(`${url}: ${describeTrustPolicy(policy)} is waived ${describeWaiver(waiver)}`)
}

const describeWaiver = ({ until, reason, signedBy }: Waiver): string =>
  `until ${until}${signedBy === undefined ? '' : `, as ${signedBy} attested`}: ${printable(reason)}`

/** Whether a trust policy refuses the artifact. */
export const isUntrusted = (result: TrustTestResult | undefined): boolean =>
  result !== undefined &&
  (result.unmatched.length > 0 || result.judgements.some(({ shortfalls }) => shortfalls.length > 0))

/** What each trust policy says to an artifact, as text. */
export const describeTrustTest = ({
  judgements,
  unmatched,
}: TrustTestResult = NOTHING): readonly string[] => [
  ...judgements.flatMap(describeJudgement),
  ...unmatched.map((message) => `  denied      ${message}`),
]

const NOTHING: TrustTestResult = { judgements: [], unmatched: [] }

function describeJudgement({ policy, waiver, satisfied, shortfalls }: TrustJudgement): readonly string[] {
  const name = describeTrustPolicy(policy)
  const listed = (lines: readonly string[]): readonly string[] =>
    lines.map((line) => `${' '.repeat(14)}${line}`)
  if (waiver !== undefined) return [`  waived      ${name}, ${describeWaiver(waiver)}`, ...listed(satisfied)]
  if (shortfalls.length === 0) return [`  allowed     ${name}`, ...listed(satisfied)]
  const lines = shortfalls.flatMap(({ message, reasons }) => [
    message,
    ...reasons.map((reason) => `  ${printable(reason)}`),
  ])
  return [`  denied      ${name}`, ...listed(lines)]
}

/** The same as `--format json` shows it; nothing if there is no trust policy. */
export const toTrustTestJson = ({ judgements, unmatched }: TrustTestResult = NOTHING): object =>
  judgements.length + unmatched.length === 0
    ? {}
    : {
        trustPolicies: judgements.map(({ policy: { policy, file }, waiver, satisfied, shortfalls }) => ({
          name: policy.metadata.name,
          file,
          allowed: shortfalls.length === 0,
          satisfied,
          shortfalls,
          ...(waiver && { waiver }),
        })),
        ...(unmatched.length > 0 && { unmatched }),
      }

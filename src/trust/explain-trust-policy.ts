import { explainMatch } from '../documents/repository-pattern.ts'
import { type Explanations, explainParts, joinWords, quote, SIGNER_EXPLANATIONS } from './explain-signers.ts'
import type { PredicateCondition, SignatureRule, TrustPolicy, TrustSpec, Waiver } from './trust-policy.ts'
import { VERSION_ANNOTATION } from './version.ts'

/** What a trust policy means, in sentences for a reviewer. `describeType` names predicate types. */
export function explainTrustPolicy(
  { metadata, spec }: TrustPolicy,
  describeType: (predicateType: string) => string,
): readonly string[] {
  const explanations: Explanations<TrustSpec> = {
    match: () => [],
    signatures: (rules) =>
      rules.map((rule) => `It requires ${countSigned('a signature', 'signatures', rule)}.`),
    attestations: (rules) =>
      rules.map(({ type, where = [], ...rule }) => {
        const name = describeType(type)
        const required = countSigned(`an attestation ${name}`, `attestations ${name}`, rule)
        return `It requires ${required}${where.length === 0 ? '' : `, stating ${describeWhere(where)}`}.`
      }),
    summaries: (rules) =>
      rules.map(
        ({ by, verifier, policy }) =>
          `In place of all signatures and attestations, it accepts a verification summary by ${by}, in which ${quote(verifier)} says that the policy file ${policy} held.`,
      ),
    ...SIGNER_EXPLANATIONS,
    signedAfter: (time) => [`Only what was signed after ${time} counts, by a verified time.`],
    signedWithin: (age) => [
      `Only what was signed at most ${describeDuration(age)} ago counts, by a verified time.`,
    ],
    signedFor: (age) => [
      `Only what was signed at least ${describeDuration(age)} ago counts, by a verified time.`,
    ],
    formats: (formats) => [
      `Only signatures and attestations of the format ${joinWords(formats, 'or')} count.`,
    ],
    minimumVersion: (version) => [
      `It requires a version of at least ${version}, as ${VERSION_ANNOTATION} in the manifest says.`,
    ],
    neverLess: () => [
      'It refuses an artifact that fewer of a role signed, or that a role attested less of, than what the tag names now and the version before it.',
    ],
    refuse: ({ digests = [], signers = [] }) => [
      ...digests.map((digest) => `It refuses the artifact ${digest}, whatever else holds.`),
      ...signers.map((signer) => `What ${quote(signer)} signed counts for nobody.`),
    ],
    waivers: (waivers) => waivers.map((waiver) => explainWaiver(waiver)),
  }
  return [
    ...(metadata.description === undefined
      ? []
      : [`Its author describes it as ${quote(metadata.description)}.`]),
    explainMatch(spec.match),
    ...(spec.match === undefined
      ? []
      : ['A repository that no trust policy of the same file applies to is refused.']),
    ...explainParts(spec, explanations),
  ]
}

const countSigned = (one: string, several: string, { by, atLeast }: SignatureRule): string =>
  atLeast === 1 ? `${one} by ${by}` : `${several} by at least ${atLeast} different signers of ${by}`

const describeWhere = (where: readonly PredicateCondition[]): string =>
  joinWords(where.map(({ at, is }) => `${quote(is)} at ${quote(at)}`))

const explainWaiver = ({ digest, reason, until, signedBy }: Waiver): string =>
  `Until ${until}, its rules are waived for ${digest}${signedBy === undefined ? '' : `, if ${signedBy} has attested it`}: ${quote(reason)}.`

const UNITS = [
  [86_400_000, 'days'],
  [3_600_000, 'hours'],
  [60_000, 'minutes'],
] as const

function describeDuration(milliseconds: number): string {
  const [unit, name] = UNITS.find(([unit]) => milliseconds % unit === 0)!
  return `${milliseconds / unit} ${name}`
}

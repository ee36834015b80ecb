import { matchesRepository } from '../documents/repository-pattern.ts'
import { WasmpackError } from '../errors.ts'
import type { ReadOnlyTarget } from '../oci/target.ts'
import { describeSigner } from '../signing/verified-signer.ts'
import { addCondition, type Verifier } from '../signing/verifier.ts'
import { isRefusedSigner } from '../trust/judge-signature.ts'
import type { LocatedTrustPolicy } from '../trust/trust-policy.ts'
import type { OptionalTrust } from './trust.ts'

/** All trust policies in force. */
export interface TrustPolicies {
  readonly all: readonly LocatedTrustPolicy[]
  /**
   * Those that are for repositories, `host[:port]/name`, together. Undefined is one that is not known: throws USAGE if that would
   * leave open whether a policy is in force.
   */
  of(...repositories: readonly (string | undefined)[]): AppliedTrust
}

/** What trust policies ask of an artifact: all of them must hold. */
export interface AppliedTrust {
  readonly policies: readonly LocatedTrustPolicy[]
  /** Files with trust policies none of which is for a repository: they refuse it. */
  readonly unmatched: readonly { readonly file: string; readonly repository: string }[]
  /** Where the artifact is to be written; absent where it is only read. */
  readonly destination?: Destination | undefined
}

/** A repository that an artifact is to be written to, and the tags that are to name it. */
export interface Destination {
  /** Undefined if there is no such repository yet. */
  readonly target: ReadOnlyTarget | undefined
  readonly tags: readonly string[]
}

/** Whether a policy compares an artifact with what is at its destination. */
export const comparesWithDestination = ({ policies }: AppliedTrust): boolean =>
  policies.some(({ policy }) => policy.spec.neverLess)

export const NO_TRUST: AppliedTrust = { policies: [], unmatched: [] }
export const NO_TRUST_POLICIES: TrustPolicies = { all: [], of: () => NO_TRUST }

/** Whether nothing is asked, not even that the repository be one of those that a file is for. */
export const isNoTrust = ({ policies, unmatched }: AppliedTrust): boolean =>
  policies.length + unmatched.length === 0

/** The trust policies of some files. */
export function createTrustPolicies(all: readonly LocatedTrustPolicy[]): TrustPolicies {
  const files = [...new Set(all.map(({ file }) => file))]
  return {
    all,
    of(...repositories) {
      const pairs = repositories.flatMap((repository) =>
        files.map((file) => {
          const own = all.filter((placed) => placed.file === file && isFor(placed, repository))
          return { file, repository, own }
        }),
      )
      return {
        policies: [...new Set(pairs.flatMap(({ own }) => own))],
        unmatched: pairs.flatMap(({ file, repository, own }) =>
          own.length === 0 ? [{ file, repository: repository! }] : [],
        ),
      }
    },
  }
}

function isFor({ policy, locate }: LocatedTrustPolicy, repository: string | undefined): boolean {
  const { match } = policy.spec
  if (match === undefined) return true
  if (repository !== undefined)
    return match.repositories.some((pattern) => matchesRepository(pattern, repository))
  const { at, path } = locate('spec.match.repositories')
  throw new WasmpackError(
    'USAGE',
    `${at} ${path}: this policy applies to certain repositories, and the repository is unknown`,
    { hint: 'pass the repository, for example --as registry.example.com/team/app' },
  )
}

/** Signers whose signatures count for nobody. */
export const listRefusedSigners = ({ policies }: AppliedTrust): readonly string[] =>
  policies.flatMap(({ policy }) => policy.spec.refuse?.signers ?? [])

/** The verifier without the signers that the policies refuse. */
export function leaveOutRefused(verifier: Verifier, applied: AppliedTrust): Verifier {
  const refused = listRefusedSigners(applied)
  return refused.length === 0
    ? verifier
    : addCondition(verifier, (signer) =>
        isRefusedSigner(refused, signer)
          ? `is by ${describeSigner(signer)}, a signer that a policy refuses`
          : undefined,
      )
}

const asksForSigner = ({ policy: { spec } }: LocatedTrustPolicy): boolean =>
  spec.signatures !== undefined || spec.attestations !== undefined || spec.summaries !== undefined

/**
 * The verifier that the flags ask for beside the trust policies; `ignored` where only the policies say who must have signed. Throws
 * TRUST_REQUIRED if nobody says it, and USAGE if the flags ignore signatures under a policy.
 */
export function chooseVerifier(
  trust: OptionalTrust,
  applied: AppliedTrust,
  repository: string | undefined,
): Verifier | 'ignored' {
  if (trust.isGiven === undefined && !isNoTrust(applied))
    throw new WasmpackError(
      'USAGE',
      `--insecure-ignore-signature cannot be used under the trust policy of ${(applied.policies[0] ?? applied.unmatched[0]!).file}`,
      { hint: 'omit it; the policy says who must have signed, and --key may add to it' },
    )
  if (trust.isGiven === false && applied.policies.some(asksForSigner)) return 'ignored'
  const verifier = trust.of(repository)
  return verifier === 'ignored' ? verifier : leaveOutRefused(verifier, applied)
}

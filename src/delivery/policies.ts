import type { LocatedPolicy } from '../capabilities/policy/policy.ts'
import type { ModuleRequirement } from '../capabilities/evaluate/module-requirement.ts'
import { listPolicyFiles, type PolicyFileOptions } from '../config/policy-files.ts'
import { WasmpackError } from '../errors.ts'
import { decodeText, readSmallFile } from '../files/read-text-file.ts'
import { computeDigest, type Digest } from '../oci/digest.ts'
import { readStdin } from './files/text-file.ts'
import { createTrustPolicies, NO_TRUST_POLICIES, type TrustPolicies } from './trust-policies.ts'

/** A policy in force, for one repository or another, and what it asks. */
export interface PolicyInForce extends LocatedPolicy {
  readonly requirement: ModuleRequirement
}

/** All policies in force. */
export interface Policies {
  readonly all: readonly PolicyInForce[]
  /**
   * Those that are for a repository, `host[:port]/name`. Undefined is one that is not known: throws USAGE if that would leave open
   * whether a policy is in force, for a verdict without it would be none.
   */
  of(repository: string | undefined): readonly PolicyInForce[]
  /** Who must have signed. */
  readonly trust: TrustPolicies
  /** Of the bytes of each file. */
  readonly digests: ReadonlyMap<string, Digest>
}

/**
 * Reads every policy in force, those of the environment and the configuration directory and the files named beside them, which
 * only add to them. Throws FILE_NOT_FOUND, FILE_UNREADABLE and POLICY_INVALID: none is ever passed over.
 */
export async function readPolicies(
  named: readonly string[] = [],
  signal?: AbortSignal,
  places?: PolicyFileOptions,
): Promise<Policies> {
  const files = [...new Set([...(await listPolicyFiles(places)), ...named])]
  if (files.length === 0) return NO_POLICIES
  const [{ parsePolicies }, { createPolicyRequirement }, { matchesRepository }] = await Promise.all([
    import('./policy-documents.ts'),
    import('../capabilities/policy/evaluate-policy.ts'),
    import('../documents/repository-pattern.ts'),
  ])
  const read = await Promise.all(files.map((file) => readPolicyFile(file, signal)))
  const documents = read.map(({ text, file }) => parsePolicies(text, file))
  const all = documents
    .flatMap(({ capabilities }) => capabilities)
    .map((placed) => Object.assign({}, placed, { requirement: createPolicyRequirement(placed) }))
  return {
    all,
    digests: new Map(read.map(({ file, digest }) => [file, digest])),
    trust: createTrustPolicies(documents.flatMap(({ trust }) => trust)),
    of: (repository) =>
      all.filter((placed) => {
        const { match } = placed.policy.spec
        if (match === undefined) return true
        if (repository === undefined) throw unknownRepository(placed)
        return match.repositories.some((pattern) => matchesRepository(pattern, repository))
      }),
  }
}

async function readPolicyFile(
  file: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly file: string; readonly text: string; readonly digest: Digest }> {
  const options = { what: 'policy', signal }
  const bytes = file === '-' ? await readStdin(options) : await readSmallFile(file, options)
  return {
    file,
    text: decodeText(bytes, file === '-' ? 'stdin' : file, options),
    digest: computeDigest(bytes),
  }
}

export const NO_POLICIES: Policies = { all: [], of: () => [], trust: NO_TRUST_POLICIES, digests: new Map() }

function unknownRepository({ locate }: LocatedPolicy): WasmpackError {
  const { at, path } = locate('spec.match.repositories')
  return new WasmpackError(
    'USAGE',
    `${at} ${path}: this policy applies to certain repositories, and the repository is unknown`,
    { hint: 'pass the repository, for example --as registry.example.com/team/app' },
  )
}

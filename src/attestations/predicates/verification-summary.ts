import { type Digest, getDigestAlgorithm, getDigestHex } from '../../oci/digest.ts'
import { isRecord } from '../../json.ts'
import { VERSION } from '../../version.ts'

/** SLSA verification summary. https://slsa.dev/spec/v1.1/verification_summary */
export const SUMMARY_PREDICATE = 'https://slsa.dev/verification_summary/v1'

/** The verifier that summaries name unless another one is given. */
export const DEFAULT_VERIFIER = 'https://wasmpack.dev/verifier'

/** A policy file whose documents all held. */
export interface SummarizedPolicy {
  /** Its last path segment: directories are nobody's business. */
  readonly name: string
  /** Of its bytes. */
  readonly digest: Digest
}

/** What was verified, and by whom. */
export interface VerificationSummary {
  readonly verifier: string
  /** RFC 3339. */
  readonly timeVerified: string
  /** `host[:port]/name`: where the artifact is admitted. */
  readonly repository: string
  readonly policy: SummarizedPolicy
  /** The signatures and attestations that counted: digests of the manifests that attach them. */
  readonly inputs: readonly Digest[]
  /** The kinds of documents of the policy file that were held. */
  readonly kinds: readonly ('TrustPolicy' | 'CapabilityPolicy')[]
}

const LEVELS = {
  TrustPolicy: 'WASMPACK_TRUST_POLICY',
  CapabilityPolicy: 'WASMPACK_CAPABILITY_POLICY',
} as const

/** The predicate. It claims no level of SLSA: none is evaluated. */
export const buildSummary = ({
  verifier,
  timeVerified,
  repository,
  policy,
  inputs,
  kinds,
}: VerificationSummary): object => ({
  verifier: { id: verifier, version: { wasmpack: VERSION } },
  timeVerified,
  resourceUri: toResourceUri(repository),
  policy: { uri: toDigestUri(policy.digest), name: policy.name, digest: toDigestSet(policy.digest) },
  inputAttestations: inputs.map((digest) => ({
    uri: `${toResourceUri(repository)}@${digest}`,
    digest: toDigestSet(digest),
  })),
  verificationResult: 'PASSED',
  verifiedLevels: ['SLSA_BUILD_LEVEL_UNEVALUATED', ...kinds.map((kind) => LEVELS[kind])],
  slsaVersion: '1.1',
})

const toDigestSet = (digest: Digest): Readonly<Record<string, string>> => ({
  [getDigestAlgorithm(digest)]: getDigestHex(digest),
})

const toResourceUri = (repository: string): string => `oci://${repository}`

/** A name for content: https://www.rfc-editor.org/rfc/rfc6920 */
const toDigestUri = (digest: Digest): string =>
  `ni:///sha-256;${Buffer.from(getDigestHex(digest), 'hex').toString('base64url')}`

/** What a summary must say. */
export interface WantedSummary {
  readonly verifier: string
  readonly policy: string
  /** Whether it is for the repository, `host[:port]/name`, that the summary names. */
  readonly isFor: (repository: string) => boolean
}

/**
 * Why a predicate is not the wanted summary, as a phrase without a subject; undefined if it is. Fields that are not needed are not
 * read, as the specification asks.
 */
export function findSummaryFault(predicate: unknown, wanted: WantedSummary): string | undefined {
  if (!isRecord(predicate)) return 'is not a JSON object'
  const { verifier, resourceUri, policy, verificationResult } = predicate
  if (verificationResult !== 'PASSED') return 'has a verification result that is not PASSED'
  if (!isRecord(verifier) || verifier['id'] !== wanted.verifier)
    return `is not by the verifier ${wanted.verifier}`
  if (!isRecord(policy) || !hasDigest(policy['digest'], wanted.policy))
    return `is not for the policy ${wanted.policy}`
  const repository = typeof resourceUri === 'string' ? /^oci:\/\/([^@]+)$/.exec(resourceUri)?.[1] : undefined
  return repository !== undefined && wanted.isFor(repository) ? undefined : 'is for another repository'
}

function hasDigest(digests: unknown, wanted: string): boolean {
  const [algorithm, hex] = wanted.split(':') as [string, string]
  return isRecord(digests) && Object.hasOwn(digests, algorithm) && digests[algorithm] === hex
}

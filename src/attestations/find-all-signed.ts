import type { WasmpackError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import type { Operation, ReadOnlyTarget } from '../oci/target.ts'
import type { VerifiedSigner } from '../signing/verified-signer.ts'
import type { Verifier } from '../signing/verifier.ts'
import { findLegacyAttestations } from './find-legacy-attestations.ts'
import { findLegacySignatures } from './find-legacy-signatures.ts'
import { findStatements } from './find-statements.ts'
import { ATTESTATION_LIMIT, SIGNATURE_PREDICATE } from './statement.ts'
import type { VerifiedSignature } from './verify.ts'

/** All that accepted signers say of an artifact. */
export interface SignedStatements {
  /** Who signed the artifact itself. */
  readonly signers: readonly VerifiedSigner[]
  /** The predicate types that were attested. */
  readonly attestedTypes: readonly string[]
  /** How many referrers were not read, so that there may be more. */
  readonly unread: number
  /** The first failed read: there may be more. */
  readonly failure?: WasmpackError
}

/** Finds every signature and attestation that the verifier accepts, of any predicate type. */
export async function findAllSigned(
  target: ReadOnlyTarget,
  subject: Digest,
  verifier: Verifier,
  operation: Operation,
  formats: readonly VerifiedSignature['format'][] = ['bundle', 'legacy'],
): Promise<SignedStatements> {
  const wanted = {
    verifier,
    predicateType: undefined,
    bundleLimit: ATTESTATION_LIMIT,
    isEnough: () => false,
  }
  const { found, rejected, unread, failure } = await findStatements(target, subject, wanted, operation)
  const bundles = formats.includes('bundle') ? found : []
  const listLegacy = (kind: string): readonly Digest[] =>
    rejected.filter((one) => one.kind === kind).map(({ digest }) => digest)
  const [signatures, attestations] = formats.includes('legacy')
    ? [
        await findLegacySignatures(target, subject, listLegacy('legacy-signature'), verifier, operation),
        await findLegacyAttestations(target, subject, listLegacy('legacy-attestation'), wanted, operation),
      ]
    : [{ found: [] }, { found: [] }]
  const isSignature = ({ predicateType }: { readonly predicateType: string }): boolean =>
    predicateType === SIGNATURE_PREDICATE
  const attested = [...bundles, ...attestations.found].filter((one) => !isSignature(one))
  return {
    signers: [...bundles.filter(isSignature), ...signatures.found].map(({ signer }) => signer),
    attestedTypes: [...new Set(attested.map(({ predicateType }) => predicateType))],
    unread,
    ...(failure && { failure }),
  }
}

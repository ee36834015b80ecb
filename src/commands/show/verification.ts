import type { VerificationResult } from '../../attestations/verify.ts'
import { describeSigner } from '../../signing/verified-signer.ts'

/** What was verified, as `--format json` shows it; `verified` is false if the check was skipped. */
export const toVerificationJson = (verification: VerificationResult | undefined): Record<string, unknown> =>
  verification === undefined
    ? { verified: false }
    : { verified: true, signatures: verification.signatures, candidates: verification.candidates }

/** The verified artifact with its signers, one a line. */
export function describeVerification(url: string, verification: VerificationResult): string {
  const lines = verification.signatures.map(
    ({ digest, signer }) => `  signed by ${describeSigner(signer)}  (${digest})`,
  )
  return [`${url}: verified`, ...lines].join('\n')
}

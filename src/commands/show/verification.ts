import type { VerificationResult, VerifiedSignature } from '../../attestations/verify.ts'
import { printable } from '../../printable.ts'
import type { VerifiedEvidence, VerifiedTime } from '../../signing/identity/evidence.ts'
import { describeSigner, type VerifiedSigner } from '../../signing/verified-signer.ts'

/** What was verified, as `--format json` shows it; `verified` is false if the check was skipped. */
export const toVerificationJson = (verification: VerificationResult | undefined): Record<string, unknown> =>
  verification === undefined
    ? { verified: false }
    : { verified: true, signatures: verification.signatures, candidates: verification.candidates }

/** The verified artifact with its signers, and under each what else was verified. Without a verification, a waiver decided. */
export const describeVerification = (url: string, verification: VerificationResult | undefined): string =>
  verification === undefined
    ? `${url}: waived, not verified`
    : [`${url}: verified`, ...verification.signatures.flatMap((one) => describeSigned(one))].join('\n')

/** Who signed, with what else was verified of the signature. */
export function describeSigned({
  digest,
  signer,
  evidence,
}: Pick<VerifiedSignature, 'digest' | 'signer' | 'evidence'>): readonly string[] {
  const details = [...describeSource(signer), ...(evidence ? describeEvidence(evidence) : [])]
  return [
    `  signed by ${describeSigner(signer, printable)}  (${digest})`,
    ...details.map((line) => `    ${line}`),
  ]
}

const describeSource = (signer: VerifiedSigner): readonly string[] =>
  signer.kind === 'identity' && signer.source !== undefined
    ? [
        `source: ${printable(signer.source.repository)}${signer.source.ref === undefined ? '' : ` at ${printable(signer.source.ref)}`}`,
      ]
    : []

/** Only what was checked. */
function describeEvidence(evidence: VerifiedEvidence): readonly string[] {
  const { times, trustedRoot, logEntries, timestamps, certificateTimestamps = 0 } = evidence
  const counts = [
    count(logEntries, 'log entry', 'log entries'),
    count(timestamps, 'timestamp', 'timestamps'),
    count(certificateTimestamps, 'SCT', 'SCTs'),
  ].flat()
  return [
    ...times.map((time) => describeTime(time)),
    ...(counts.length === 0
      ? []
      : [`verified: ${counts.join(', ')}, by trusted root ${printable(trustedRoot)}`]),
  ]
}

const describeTime = ({ time, source, name }: VerifiedTime): string =>
  `time: ${time} by ${source === 'transparency-log' ? 'log' : 'timestamp authority'} ${printable(name)}`

const count = (number: number, one: string, many: string): readonly string[] =>
  number === 0 ? [] : [`${number} ${number === 1 ? one : many}`]

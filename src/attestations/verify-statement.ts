import { WasmpackError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import { quoted } from '../printable.ts'
import type { EnvelopeBundle } from '../signing/bundle.ts'
import type { VerifiedEvidence } from '../signing/identity/evidence.ts'
import type { VerifiedSigner } from '../signing/verified-signer.ts'
import type { Verifier } from '../signing/verifier.ts'
import { findSubject, IN_TOTO_PAYLOAD, parseStatement, type Subject } from './statement.ts'

/** What a bundle has to state, and who must have signed it. */
export interface StatementRequirement {
  readonly verifier: Verifier
  /** Any if undefined. */
  readonly predicateType: string | undefined
  /** Annotations of the subject, equal letter for letter. */
  readonly annotations?: Readonly<Record<string, string>> | undefined
  /** Why a predicate does not count, as a phrase without a subject; undefined if it does. */
  readonly findPredicateFault?: ((predicate: unknown) => string | undefined) | undefined
}

/** Whether a bundle holds the required statement: a value, never thrown. The reason is a phrase without a subject. */
export type StatementVerdict =
  | {
      readonly kind: 'verified'
      readonly signer: VerifiedSigner
      readonly evidence?: VerifiedEvidence
      readonly annotations: Subject['annotations']
      readonly predicateType: string
      readonly predicate: unknown
    }
  | { readonly kind: 'rejected'; readonly reason: string }

/** Verifies that a bundle is the required statement about the artifact. No statement is read before its signature holds. */
export async function verifyStatement(
  bundle: Uint8Array | EnvelopeBundle,
  artifact: Digest,
  { verifier, predicateType, annotations = {}, findPredicateFault }: StatementRequirement,
): Promise<StatementVerdict> {
  const rejected = (reason: string): StatementVerdict => ({ kind: 'rejected', reason })
  const verdict = await verifier.verify(bundle)
  if (verdict.kind === 'rejected') return verdict
  const { signer, evidence, envelope } = verdict
  if (envelope.payloadType !== IN_TOTO_PAYLOAD) return rejected('does not sign an in-toto statement')
  try {
    const statement = parseStatement(envelope.payload)
    if (predicateType !== undefined && statement.predicateType !== predicateType)
      return rejected(`states ${quoted(statement.predicateType.slice(0, 120))}, not ${predicateType}`)
    const subject = findSubject(statement, artifact)
    if (subject === undefined) return rejected('signed for another artifact')
    for (const [name, value] of Object.entries(annotations))
      if (subject.annotations[name] !== value)
        return rejected(`lacks the annotation ${quoted(`${name}=${value}`)}`)
    const fault = findPredicateFault?.(statement.predicate)
    if (fault !== undefined) return rejected(fault)
    return {
      kind: 'verified',
      signer,
      ...(evidence && { evidence }),
      annotations: subject.annotations,
      predicateType: statement.predicateType,
      predicate: statement.predicate,
    }
  } catch (error) {
    if (error instanceof WasmpackError && error.code === 'ARTIFACT_MALFORMED') return rejected(error.message)
    throw error
  }
}

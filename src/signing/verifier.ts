import { WasmpackError } from '../errors.ts'
import type { Bundle, EnvelopeBundle, MessageBundle } from './bundle.ts'
import { parseBundle } from './bundle-reader.ts'
import type { Envelope } from './dsse.ts'
import type { VerifiedEvidence } from './identity/evidence.ts'
import {
  isEmptyRequirement,
  satisfies,
  type SignatureRequirement,
  type SignatureVerdict,
} from './requirement.ts'
import { type SignedContent, toEnvelopeContent, toMessageContent } from './signed-content.ts'
import type { VerifiedSigner } from './verified-signer.ts'

/** Says whether a bundle is signed by somebody who is accepted. */
export interface Verifier {
  /** Reads a bundle with an envelope and verifies its signature; a malformed bundle is a rejected one. */
  verify(bundle: Uint8Array | EnvelopeBundle): Promise<BundleVerdict>
  /** The same for a bundle whose signature is over a message, of which the bundle has no more than the digest. */
  verifyMessage(bundle: Uint8Array | MessageBundle, message: Message): Promise<SignatureVerdict>
}

/** Verifies by one requirement. Made once per run, so that what a kind of requirement has to load is loaded once. */
export interface RequirementVerifier extends Verifier {
  readonly requirement: SignatureRequirement
}

/** The message itself, or what can be told of one by its digest. */
export type Message = Uint8Array | ((signature: Uint8Array) => SignedContent)

/** Whether a bundle is signed as required; its content must only be read if it is. The reason is a phrase without a subject. */
export type BundleVerdict =
  | {
      readonly kind: 'verified'
      readonly signer: VerifiedSigner
      readonly evidence?: VerifiedEvidence
      readonly envelope: Envelope
    }
  | { readonly kind: 'rejected'; readonly reason: string }

/** Throws TRUST_REQUIRED for a requirement that names no signer. */
export function createVerifier(requirement: SignatureRequirement): RequirementVerifier {
  if (isEmptyRequirement(requirement))
    throw new WasmpackError('TRUST_REQUIRED', 'no public key to verify signatures with', {
      hint: "give the signer's public key with --key",
    })
  return {
    requirement,
    verify: (bytes) =>
      rejectMalformed(bytes, async (bundle) => {
        const { envelope } = bundle
        if (envelope === undefined)
          return { kind: 'rejected', reason: 'has a signature of a message, not of a statement' }
        const verdict = await satisfies(requirement, bundle, toEnvelopeContent(envelope))
        return verdict.kind === 'rejected' ? verdict : { ...verdict, envelope }
      }),
    verifyMessage: (bytes, message) =>
      rejectMalformed(bytes, async (bundle) => {
        if (bundle.envelope !== undefined)
          return { kind: 'rejected', reason: 'has a signature of an envelope, not of a message' }
        const { signature, digest } = bundle.message
        const content =
          typeof message === 'function' ? message(signature) : toMessageContent(message, signature)
        return digest === undefined || equalBytes(content.digest(digest.algorithm), digest.value)
          ? satisfies(requirement, bundle, content)
          : { kind: 'rejected', reason: 'signed for another message' }
      }),
  }
}

/** The verifier with one more condition: why a signer that it accepts is rejected, as a phrase without a subject. */
export function addCondition(
  verifier: Verifier,
  findFault: (signer: VerifiedSigner, evidence: VerifiedEvidence | undefined) => string | undefined,
): Verifier {
  const check = <Verdict extends SignatureVerdict>(verdict: Verdict): Verdict | Rejection => {
    const reason = verdict.kind === 'verified' ? findFault(verdict.signer, verdict.evidence) : undefined
    return reason === undefined ? verdict : { kind: 'rejected', reason }
  }
  return {
    verify: async (bundle) => check(await verifier.verify(bundle)),
    verifyMessage: async (bundle, message) => check(await verifier.verifyMessage(bundle, message)),
  }
}

/** Accepts what any of the verifiers accepts; a bundle that none accepts has the reasons of all. */
export function acceptAny(verifiers: readonly Verifier[]): Verifier {
  const askEach = async <Verdict extends SignatureVerdict>(
    ask: (verifier: Verifier) => Promise<Verdict>,
  ): Promise<Verdict | Rejection> => {
    const reasons = new Set<string>()
    for (const verifier of verifiers) {
      const verdict = await ask(verifier)
      if (verdict.kind === 'verified') return verdict
      reasons.add(verdict.reason)
    }
    return { kind: 'rejected', reason: [...reasons].slice(0, SHOWN_REASONS).join('; ') }
  }
  return {
    verify: (bundle) => askEach((one) => one.verify(bundle)),
    verifyMessage: (bundle, message) => askEach((one) => one.verifyMessage(bundle, message)),
  }
}

const SHOWN_REASONS = 3

interface Rejection {
  readonly kind: 'rejected'
  readonly reason: string
}

const equalBytes = (one: Uint8Array | undefined, other: Uint8Array): boolean =>
  one !== undefined && Buffer.compare(one, other) === 0

async function rejectMalformed<Verdict>(
  bundle: Uint8Array | Bundle,
  verify: (bundle: Bundle) => Promise<Verdict>,
): Promise<Verdict | { readonly kind: 'rejected'; readonly reason: string }> {
  try {
    return await verify(bundle instanceof Uint8Array ? parseBundle(bundle) : bundle)
  } catch (error) {
    if (error instanceof WasmpackError && error.code === 'ARTIFACT_MALFORMED')
      return { kind: 'rejected', reason: error.message }
    throw error
  }
}

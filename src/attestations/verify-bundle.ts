import { WasmpackError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import { quoted } from '../printable.ts'
import { type Bundle, parseBundle } from '../signing/bundle.ts'
import { IN_TOTO_PAYLOAD, encodePreAuth } from '../signing/dsse.ts'
import { isSignedBy, type VerificationKey } from '../signing/public-key.ts'
import { parseStatement, type Subject, findSubject } from './statement.ts'
import type { SignatureRequirement } from '../signing/requirement.ts'

/** What a policy makes of one bundle; a verdict is a value, never thrown. */
export type BundleVerdict =
  | {
      readonly kind: 'verified'
      readonly key: VerificationKey
      readonly annotations: Subject['annotations']
      readonly predicate: unknown
    }
  | { readonly kind: 'rejected'; readonly reason: string }

/**
 * Whether the bundle is a statement of the given predicate type about the artifact, signed by whom the policy trusts.
 * The signature is checked first: of an unsigned statement nothing is read.
 */
export function verifyBundle(
  bytes: Uint8Array,
  subject: Digest,
  predicateType: string,
  policy: SignatureRequirement,
): BundleVerdict {
  const rejected = (reason: string): BundleVerdict => ({ kind: 'rejected', reason })
  try {
    const bundle = parseBundle(bytes)
    if (bundle.envelope.payloadType !== IN_TOTO_PAYLOAD) return rejected('does not sign an in-toto statement')
    if (bundle.material.kind === 'certificate') return rejected('signed with a certificate, not a key')
    const key = signingKey(bundle, policy)
    if (key === undefined)
      return rejected(
        policy.keys.some(({ hint }) => hint === nameOf(bundle))
          ? 'names the key, but its signature is not valid'
          : 'signed by another key',
      )
    const statement = parseStatement(bundle.envelope.payload)
    if (statement.predicateType !== predicateType)
      return rejected(`states ${quoted(statement.predicateType.slice(0, 120))}, not ${predicateType}`)
    const found = findSubject(statement, subject)
    if (found === undefined) return rejected('signed for another artifact')
    for (const [name, value] of Object.entries(policy.annotations ?? {}))
      if (found.annotations[name] !== value)
        return rejected(`lacks the annotation ${quoted(`${name}=${value}`)}`)
    return { kind: 'verified', key, annotations: found.annotations, predicate: statement.predicate }
  } catch (error) {
    if (error instanceof WasmpackError) return rejected(error.message)
    throw error
  }
}

/** The policy's key that made the signature. The hint does not choose it: it is not signed, and cosign ignores it. */
function signingKey({ envelope }: Bundle, policy: SignatureRequirement): VerificationKey | undefined {
  const message = encodePreAuth(envelope.payloadType, envelope.payload)
  return policy.keys.find((key) => isSignedBy(key, message, envelope.signature))
}

const nameOf = ({ material }: Bundle): string | undefined =>
  material.kind === 'publicKey' ? material.hint : undefined

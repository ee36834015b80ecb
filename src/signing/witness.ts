import type { WasmpackError } from '../errors.ts'
import type { Testimony } from './bundle.ts'
import { encodePreAuth, type Payload } from './dsse.ts'
import type { RawSignature } from './signer.ts'

/** What is signed: a payload in an envelope, or a message as it is. */
export type WitnessedContent = Payload | { readonly message: Uint8Array }

/** The bytes that the signature is over. */
export const toSignedBytes = (content: WitnessedContent): Uint8Array =>
  'message' in content ? content.message : encodePreAuth(content)

/** A service that confirms a signature when it is made: a transparency log, or a timestamp authority. */
export interface Witness {
  /** For people: which service. */
  readonly name: string
  /**
   * Has the signature over the message, or the payload's pre-authentication encoding, recorded or timestamped. The answer has been
   * checked to be about this signature. Rejects with {@link SignatureRecorded} if only a new signature can be recorded.
   */
  testify(content: WitnessedContent, signature: RawSignature): Promise<Testimony>
}

/** The log has this very signature already, and does not return its entry: an earlier answer was lost. */
export class SignatureRecorded extends Error {
  override readonly name = 'SignatureRecorded'

  /** `refusal` is what the log said, where that may mean something else. */
  constructor(what: string, refusal?: WasmpackError) {
    super(`${what} has recorded the signature before`, { cause: refusal })
  }
}

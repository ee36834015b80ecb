import type { Testimony } from './bundle.ts'
import type { Payload } from './dsse.ts'
import type { RawSignature } from './signer.ts'

/** A service that confirms a signature when it is made: a transparency log, or a timestamp authority. */
export interface Witness {
  /** For people: which service. */
  readonly name: string
  /** Has the signature over the payload's pre-authentication encoding recorded or timestamped. */
  testify(content: Payload, signature: RawSignature): Promise<Testimony>
}

/** What in-toto statements are called in a DSSE envelope. */
export const IN_TOTO_PAYLOAD = 'application/vnd.in-toto+json'

/** One signature over a payload and its type. https://github.com/secure-systems-lab/dsse/blob/v1.0.2/envelope.md */
export interface Envelope {
  readonly payloadType: string
  readonly payload: Uint8Array
  readonly signature: Uint8Array
}

/**
 * The bytes that are signed for a payload: its pre-authentication encoding, with lengths in bytes.
 * https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md#signature-definition
 */
export function encodePreAuth(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = Buffer.from(payloadType)
  return Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${payloadType} ${payload.length} `), payload])
}

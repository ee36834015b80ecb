/** What is signed, and of which type it is. */
export interface Payload {
  readonly payloadType: string
  readonly payload: Uint8Array
}

/** A payload and one signature over it and its type. https://github.com/secure-systems-lab/dsse/blob/v1.0.2/envelope.md */
export interface Envelope extends Payload {
  readonly signature: Uint8Array
}

/**
 * The bytes that are signed for a payload: its pre-authentication encoding, with lengths in bytes.
 * https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md#signature-definition
 */
export function encodePreAuth({ payloadType, payload }: Payload): Uint8Array {
  const type = Buffer.from(payloadType)
  return Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${payloadType} ${payload.length} `), payload])
}

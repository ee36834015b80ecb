/** Tags of DER values (X.690, section 8). */
export const DER = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  sequence: 0x30,
  /** [0], constructed. */
  context0: 0xa0,
} as const

/** One DER value of less than 64 KiB. */
export function encodeDer(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(content)
  const { length } = body
  if (length > 0xffff) throw new Error(`a DER value of ${length} bytes`)
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), body])
}

/** An object identifier with its dots. */
export function encodeObjectIdentifier(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...arcs] = dotted.split('.').map(Number)
  return encodeDer(DER.objectIdentifier, Buffer.from([first * 40 + second, ...arcs.flatMap(encodeArc)]))
}

/** Seven bits per byte, and a high bit on all but the last. */
function encodeArc(arc: number): readonly number[] {
  const septets = [arc & 0x7f]
  for (let rest = arc >>> 7; rest > 0; rest >>>= 7) septets.unshift((rest & 0x7f) | 0x80)
  return septets
}

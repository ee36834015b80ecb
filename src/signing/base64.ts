export const encodeBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

/** The bytes of standard, padded, canonical base64 (RFC 4648 section 4); undefined for any other text. */
export function decodeBase64(text: unknown): Uint8Array | undefined {
  if (typeof text !== 'string') return undefined
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}

const ALGORITHMS: ReadonlyMap<string, { readonly algorithm: string; readonly length: number }> = new Map([
  ['sha256', { algorithm: 'SHA256', length: 32 }],
  ['sha384', { algorithm: 'SHA384', length: 48 }],
  ['sha512', { algorithm: 'SHA512', length: 64 }],
])

/** The hash of subresource integrity, `sha256-` and base64; undefined for anything else. https://www.w3.org/TR/SRI/ */
export function parseIntegrity(
  text: string | undefined,
): { readonly algorithm: string; readonly hex: string } | undefined {
  const [, name = '', base64 = ''] = /^(sha\d{3})-([A-Za-z0-9+/]+={0,2})$/.exec(text ?? '') ?? []
  const known = ALGORITHMS.get(name)
  const bytes = Buffer.from(base64, 'base64')
  return known?.length === bytes.length
    ? { algorithm: known.algorithm, hex: bytes.toString('hex') }
    : undefined
}

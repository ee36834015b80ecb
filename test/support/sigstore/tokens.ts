/** An unsigned identity token with the claims: what reads it here never verifies a signature. */
export const makeToken = (claims: Readonly<Record<string, unknown>>): string =>
  [{ alg: 'RS256', typ: 'JWT' }, claims, 'signature-of-the-issuer'].map(encodePart).join('.')

const encodePart = (part: unknown): string =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')

/** Claims that every check accepts, for an hour from now (milliseconds since 1970). */
export const goodClaims = (issuer: string, now = Date.now()): Readonly<Record<string, unknown>> => ({
  iss: issuer,
  sub: 'alice-subject',
  aud: 'sigstore',
  exp: Math.floor(now / 1000) + 3600,
  email: 'alice@example.com',
  email_verified: true,
})

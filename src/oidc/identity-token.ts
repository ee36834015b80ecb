import { WasmpackError } from '../errors.ts'
import { isRecord, MalformedJson, parseJson } from '../json.ts'
import { quoted } from '../printable.ts'
import { toRfc3339Seconds } from '../time.ts'

/** An identity token (OpenID Connect Core, section 2) whose claims were checked; its signature is for the receiver to verify. */
export interface IdentityToken {
  /** The token itself: a secret. */
  readonly text: string
  readonly issuer: string
  readonly subject: string
  /** Not one that the issuer calls unverified. */
  readonly email?: string
  /** In milliseconds since 1970. */
  readonly expires: number
  /** All claims; everything in them is the issuer's word. */
  readonly claims: Readonly<Record<string, unknown>>
}

/** What a token must be, to be of use. */
export interface TokenRequirement {
  /** Any one of them must be in the token's audience. */
  readonly audiences: readonly string[]
  readonly issuer?: string | undefined
  /** Of the authorization request that the token answers. */
  readonly nonce?: string | undefined
  /** In milliseconds since 1970. */
  readonly now: number
}

/** In characters. */
const TOKEN_LIMIT = 64 * 1024
/** How far another clock may be ahead of ours, in milliseconds. */
const CLOCK_SKEW = 60_000
const NAME_LIMIT = 1024

/**
 * Reads an identity token and checks it, so that nothing useless is sent. Throws UNAUTHENTICATED without quoting the token; `source`
 * says where it comes from.
 */
export function readIdentityToken(
  text: string,
  requirement: TokenRequirement,
  source: string,
): IdentityToken {
  const refused = (problem: string, hint: string): WasmpackError =>
    new WasmpackError('UNAUTHENTICATED', `the identity token of ${source} ${problem}`, { hint })
  if (text.length > TOKEN_LIMIT || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(text))
    throw refused(
      'is not a JSON Web Token',
      'expected three parts in base64url with dots between them, on one line',
    )
  const claims = parseClaims(text.split('.')[1]!)
  if (claims === undefined) throw refused('has claims that cannot be read', 'get a new token from its issuer')
  const { iss: issuer, sub: subject, aud, exp, nbf, email, email_verified: verified } = claims
  if (!isName(issuer) || !isName(subject))
    throw refused('has no issuer or no subject', 'get an ID token, with the scope openid')
  if (requirement.issuer !== undefined && issuer !== requirement.issuer)
    throw refused(
      `is of the issuer ${quoted(issuer)}, not ${quoted(requirement.issuer)}`,
      'the issuer of --oidc-issuer must be the one in the token, letter for letter',
    )
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  if (!requirement.audiences.some((audience) => audiences.includes(audience))) {
    const found = audiences.filter(isName).slice(0, 5).map(quoted).join(', ') || 'nobody'
    throw refused(
      `is meant for ${found}, not for ${requirement.audiences.map(quoted).join(' or ')}`,
      'ask the issuer for this audience, or pass the one that the certificate authority expects with --oidc-client-id',
    )
  }
  if (typeof exp !== 'number' || !Number.isFinite(exp))
    throw refused('has no expiry', 'get a new token from its issuer')
  const expires = exp * 1000
  if (expires <= requirement.now) throw refused(`has expired${formatMoment(expires)}`, EXPIRED)
  if (typeof nbf === 'number' && nbf * 1000 > requirement.now + CLOCK_SKEW)
    throw refused(`is not valid yet${formatMoment(nbf * 1000)}`, 'check the clock of this machine')
  if (requirement.nonce !== undefined && claims['nonce'] !== requirement.nonce)
    throw refused('does not answer this request: its nonce is another', 'run the command again')
  if (email !== undefined && (verified === false || verified === 'false'))
    throw refused(
      'has an e-mail address that its issuer has not verified',
      'verify the address at the issuer; a certificate for it would not be given',
    )
  return {
    text,
    issuer,
    subject,
    ...(isName(email) && { email }),
    expires,
    claims,
  }
}

const EXPIRED = 'get a new token: one is needed until the module has been uploaded and signed'

function parseClaims(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const claims = parseJson(Buffer.from(part, 'base64url'), 'the claims')
    return isRecord(claims) ? claims : undefined
  } catch (error) {
    if (error instanceof MalformedJson) return undefined
    throw error
  }
}

const isName = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= NAME_LIMIT

/** The moment in parentheses, if it can be written. */
function formatMoment(milliseconds: number): string {
  const moment = new Date(milliseconds)
  return Number.isNaN(moment.getTime()) ? '' : ` (${toRfc3339Seconds(moment)})`
}

/** Whether an unchecked token states one of the audiences; false for what is no token. */
export function hasAudience(text: string, audiences: readonly string[]): boolean {
  const aud = parseClaims(text.split('.')[1] ?? '')?.['aud']
  const found: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  return audiences.some((audience) => found.includes(audience))
}

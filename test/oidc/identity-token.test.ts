import { describe, expect, it } from 'vitest'

import { WasmpackError } from '../../src/errors.ts'
import { readIdentityToken, type TokenRequirement } from '../../src/oidc/identity-token.ts'
import { goodClaims, makeToken } from '../support/sigstore/tokens.ts'

const ISSUER = 'https://keycloak.example.com/realms/wasm'
const NOW = Date.parse('2026-01-02T03:04:05Z')
const REQUIREMENT: TokenRequirement = { audiences: ['sigstore'], issuer: ISSUER, now: NOW }
const GOOD = goodClaims(ISSUER, NOW)

const read = (
  text: string,
  requirement: Partial<TokenRequirement> = {},
): ReturnType<typeof readIdentityToken> =>
  readIdentityToken(text, { ...REQUIREMENT, ...requirement }, 'file tok')

it('readIdentityToken gives the claims of a token that fits', () => {
  const text = makeToken(GOOD)
  expect(read(text)).toMatchObject({
    text,
    issuer: ISSUER,
    subject: 'alice-subject',
    email: 'alice@example.com',
    expires: NOW + 3_600_000,
  })
})

it.each([
  ['a list of audiences with the right one', { aud: ['account', 'sigstore'] }],
  ['no e-mail address', { email: undefined, email_verified: undefined }],
  ['an e-mail address of which its issuer says nothing', { email_verified: undefined }],
])('readIdentityToken accepts %s', (_, changes) => {
  expect(read(makeToken({ ...GOOD, ...changes })).subject).toBe('alice-subject')
})

describe('T21: a token that is of no use ends with exit 7, and is in no message', () => {
  const token = makeToken(GOOD)
  it.each([
    ['a newline in it', `${token.slice(0, 20)}\n${token.slice(20)}`, 'is not a JSON Web Token'],
    ['a newline after it', `${token}\n`, 'is not a JSON Web Token'],
    ['two parts', token.split('.').slice(0, 2).join('.'), 'is not a JSON Web Token'],
    ['no parts at all', 'super-secret-token', 'is not a JSON Web Token'],
    ['an empty signature', token.slice(0, token.lastIndexOf('.') + 1), 'is not a JSON Web Token'],
    ['claims that are no JSON', 'e30.bm90LWpzb24.c2ln', 'has claims that cannot be read'],
    [
      'a claim given twice',
      `e30.${Buffer.from('{"iss":"a","iss":"b"}').toString('base64url')}.c2ln`,
      'cannot be read',
    ],
    [
      'an e-mail address that is not verified',
      makeToken({ ...GOOD, email_verified: false }),
      'has not verified',
    ],
    [
      'an e-mail address that is not verified, as text',
      makeToken({ ...GOOD, email_verified: 'false' }),
      'has not verified',
    ],
    [
      'another audience',
      makeToken({ ...GOOD, aud: 'account' }),
      'is meant for "account", not for "sigstore"',
    ],
    [
      'an audience that begins alike',
      makeToken({ ...GOOD, aud: 'sigstore.example' }),
      'is meant for "sigstore.example"',
    ],
    ['no audience', makeToken({ ...GOOD, aud: undefined }), 'is meant for nobody'],
    ['its expiry now', makeToken({ ...GOOD, exp: NOW / 1000 }), 'has expired (2026-01-02T03:04:05Z)'],
    ['no expiry', makeToken({ ...GOOD, exp: undefined }), 'has no expiry'],
    ['an expiry beyond all dates', makeToken({ ...GOOD, exp: -1e300 }), 'has expired'],
    ['a validity that begins later', makeToken({ ...GOOD, nbf: NOW / 1000 + 120 }), 'is not valid yet'],
    [
      'another issuer',
      makeToken({ ...GOOD, iss: `${ISSUER}/` }),
      `is of the issuer "${ISSUER}/", not "${ISSUER}"`,
    ],
    ['no subject', makeToken({ ...GOOD, sub: undefined }), 'has no issuer or no subject'],
  ])('%s', (_, text, message) => {
    const error = catchError(() => read(text))
    expect(error).toMatchObject({ code: 'UNAUTHENTICATED', exit: 7 })
    expect(error.message).toContain(message)
    const output = `${error.message} ${error.hint} ${JSON.stringify(error.details)}`
    for (const part of [text, ...text.split('.').filter((part) => part.length > 8)])
      expect(output).not.toContain(part)
  })

  it('another nonce', () => {
    expect(() => read(makeToken({ ...GOOD, nonce: 'a' }), { nonce: 'b' })).toThrow('its nonce is another')
    expect(() => read(makeToken(GOOD), { nonce: 'b' })).toThrow('its nonce is another')
    expect(read(makeToken({ ...GOOD, nonce: 'b' }), { nonce: 'b' }).issuer).toBe(ISSUER)
  })

  it('claims that would drive a terminal are made printable', () => {
    expect(catchError(() => read(makeToken({ ...GOOD, iss: 'https://evil\u001b[2J' }))).message).toContain(
      '\\u{1b}[2J',
    )
  })
})

function catchError(run: () => unknown): WasmpackError {
  try {
    run()
  } catch (error) {
    if (error instanceof WasmpackError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

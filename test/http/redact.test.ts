import { describe, expect, it } from 'vitest'

import { Redactor, redactUrl } from '../../src/http/redact.ts'

describe('redaction', () => {
  it('redactUrl hides users and values and keeps names', () => {
    expect(redactUrl('https://user:pass@h/p?_state=s&digest=sha256%3Aab&sig=x#token=y')).toBe(
      'https://h/p?_state=REDACTED&digest=sha256%3Aab&sig=REDACTED',
    )
    expect(redactUrl('not a url with secret')).toBe('REDACTED')
  })

  it('Redactor hides a Basic credential, its password and their escaped forms', () => {
    const redactor = new Redactor()
    const basic = Buffer.from('me:pass word').toString('base64')
    redactor.addAuthorization(`Basic ${basic}`)
    expect(redactor.redact(`${basic} pass word pass%20word me`)).toBe('REDACTED REDACTED REDACTED me')
  })

  it.each([
    // A word that the reader can guess, hidden, would tell the secret.
    ['test', 'latest of team/test-case at test.example.com has no tag testing', undefined],
    ['test', 'wrong password test.', 'wrong password REDACTED.'],
    ['test', 'me:test, "test", pw=test&x, test', 'me:REDACTED, "REDACTED", pw=REDACTED&x, REDACTED'],
    ['staging', 'team/staging-app is immutable', undefined],
    ['staging', "staging isn't it", "REDACTED isn't it"],
    ['5000', 'registry:15000/x, sha256:a5000b', undefined],
    ['5000', 'pin 5000', 'pin REDACTED'],
    ['täst', 'latäst', undefined],
    // What is no word is hidden wherever it stands.
    ['p$1.', 'xp$1.x pX1.', 'xREDACTEDx pX1.'],
    ['hunter22', 'team/hunter22-x', 'team/REDACTED-x'],
    ['abcdefgh', 'xabcdefghx', 'xREDACTEDx'],
    ['p w/d', 'xp%20w%2Fdx', 'xREDACTEDx'],
    ['abc\ud800', 'abc\ud800 abc%EF%BF%BD', 'REDACTED REDACTED'],
  ])('Redactor hides %j where it is no piece of something else', (secret, text, expected) => {
    const redactor = new Redactor()
    redactor.add(secret)
    expect(redactor.redact(text)).toBe(expected ?? text)
  })

  it('Redactor leaves nothing to read of a secret that another one is a part of', () => {
    const redactor = new Redactor()
    for (const secret of ['s3cret', 's3cret-and-more', 'REDA']) redactor.add(secret)
    expect(redactor.redact('s3cret-and-more s3cret REDA')).toBe('REDACTED REDACTED REDACTED')
  })
})

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
    expect(redactor.clean(`${basic} pass word pass%20word me`)).toBe('REDACTED REDACTED REDACTED me')
  })
})

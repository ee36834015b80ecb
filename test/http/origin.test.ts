import { describe, expect, it } from 'vitest'

import { formatRequestTarget, resolveLocation, addQuery } from '../../src/http/origin.ts'

describe('resolveLocation', () => {
  const base = 'https://registry.example:5000/v2/app/blobs/uploads/'
  it.each([
    ['/v2/x?_state=a%2Bb%3D%3D|"', 'https://registry.example:5000/v2/x?_state=a%2Bb%3D%3D|"'],
    ['https://other.example/a/../b?c', 'https://other.example/a/../b?c'],
    ['//other.example/x', 'https://other.example/x'],
    ['session?x=1', 'https://registry.example:5000/v2/app/blobs/uploads/session?x=1'],
  ])('reads %s', (location, expected) => {
    expect(resolveLocation(base, location)).toBe(expected)
  })

  it('requestTarget keeps what was written and never leaves the authority unseen', () => {
    expect(formatRequestTarget('http://h:1/a/../b%2f?_state=%2B|#frag')).toBe('/a/../b%2f?_state=%2B|')
    expect(formatRequestTarget('http://h?x')).toBe('/?x')
    expect(new URL('http://evil.example\\@good.example/x').host).toBe('evil.example')
    expect(formatRequestTarget('http://evil.example\\@good.example/x')).toBe('/@good.example/x')
    expect(formatRequestTarget('http://h/a b\r\nX: y')).not.toMatch(/\s/)
  })

  it('withQuery appends to what is there', () => {
    expect(addQuery('http://h/u', 'digest', 'sha256:a')).toBe('http://h/u?digest=sha256%3Aa')
    expect(addQuery('http://h/u?_state=x', 'digest', 'a')).toBe('http://h/u?_state=x&digest=a')
  })
})

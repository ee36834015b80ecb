import { describe, expect, it } from 'vitest'

import { parseNoProxy } from '../../src/http/no-proxy.ts'

describe('noProxy', () => {
  it.each([
    [
      'example.com',
      ['https://example.com', 'https://a.b.example.com'],
      ['https://notexample.com', 'https://example.com.evil'],
    ],
    ['.example.com', ['https://a.example.com'], ['https://example.com']],
    ['*.example.com', ['https://a.example.com'], ['https://example.com']],
    [
      'example.com:5000',
      ['https://example.com:5000', 'http://a.example.com:5000'],
      ['https://example.com', 'https://example.com:443'],
    ],
    ['example.com:443', ['https://example.com'], ['http://example.com']],
    [
      '10.0.0.0/8',
      ['https://10.255.1.1', 'http://10.0.0.1:5000'],
      ['https://11.0.0.1', 'https://ten.example'],
    ],
    ['192.0.2.7', ['https://192.0.2.7', 'https://192.0.2.7:5000'], ['https://192.0.2.70']],
    ['192.0.2.7:5000', ['https://192.0.2.7:5000'], ['https://192.0.2.7']],
    ['2001:db8::/32', ['https://[2001:db8::1]:5000'], ['https://[2001:db9::1]']],
    ['[2001:db8::1]:5000', ['https://[2001:db8::1]:5000'], ['https://[2001:db8::1]']],
    ['2001:db8::1', ['https://[2001:DB8:0::1]'], ['https://[2001:db8::2]']],
    [
      'bücher.example',
      ['https://xn--bcher-kva.example', 'https://BÜCHER.example'],
      ['https://bucher.example'],
    ],
    [' A.example , b.example,, ', ['https://a.example', 'https://b.example'], ['https://c.example']],
    ['*', ['https://example.com', 'https://192.0.2.7', 'https://[2001:db8::1]'], []],
    ['a.example,*', ['https://example.com'], []],
    [
      '10.0.0.0/33,2001:db8::/200,:443,/8,.,*.',
      [],
      ['https://10.0.0.1', 'https://example.com', 'https://[2001:db8::1]'],
    ],
    ['', [], ['https://example.com']],
  ])('%j', (text, without, through) => {
    const bypassed = parseNoProxy(text)
    expect(without.filter((url) => !bypassed(new URL(url)))).toEqual([])
    expect(through.filter((url) => bypassed(new URL(url)))).toEqual([])
  })

  it('is never asked of this machine, and is of names that only look like it', () => {
    const bypassed = parseNoProxy('')
    for (const url of [
      'https://localhost',
      'http://127.0.0.1:5000',
      'http://127.9.9.9',
      'https://[::1]:5000',
    ])
      expect(bypassed(new URL(url))).toBe(true)
    for (const url of ['https://a.localhost', 'https://localhost.example', 'https://127.example'])
      expect(bypassed(new URL(url))).toBe(false)
  })
})

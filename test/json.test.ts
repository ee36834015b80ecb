import * as fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'

import { canonicalJson, parseJson } from '../src/json.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const refused = (message: RegExp): unknown =>
  expect.objectContaining({ name: 'MalformedJson', message: expect.stringMatching(message) })

describe('parseJson', () => {
  it('gives back any value that JSON has', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const text = JSON.stringify(value)
        const parsed = (() => {
          try {
            return parseJson(encode(text), 'it')
          } catch (error) {
            // Two random keys may differ in case alone.
            expect(error).toMatchObject({ message: expect.stringContaining(' twice') })
            return JSON.parse(text) as unknown
          }
        })()
        expect(parsed).toEqual(JSON.parse(text))
      }),
      { seed: 1, numRuns: 300 },
    )
  })

  it('S12: refuses every object that has a key twice, wherever it stands', () => {
    const key = fc.string({ minLength: 1 })
    const around = fc.constantFrom('%', '[1,%]', '{"a":{"b":[[%]]},"c":0}', '[{},%,{"x":"}{"}]')
    fc.assert(
      fc.property(key, around, fc.boolean(), (key, around, hasOther) => {
        const [one, two] = [JSON.stringify(key), JSON.stringify(key)]
        const between = hasOther ? '"\\"other{":{"in":[]},' : ''
        const text = around.replace('%', () => `{${one}:1,${between}${two}:[2]}`)
        expect(() => parseJson(encode(text), 'it')).toThrow(refused(/ twice$/))
      }),
      { seed: 1, numRuns: 300 },
    )
  })

  it.each([
    '{"layers":[],"Layers":[]}',
    '{"a":1,"\\u0061":2}',
    '{"size":1,"\\u017fize":2}',
    '{"k":1,"\\u212a":2}',
    '{"annotations":{"a":"","a":""}}',
    '{"x":{"annotations":{}},"Annotations":{},"annotations":{}}',
    '{"annotations":{},"x":{"a":1,"A":2}}',
    '{"annotations":[{"a":1,"A":2}]}',
    '{"a":"annotations","b":{"a":1,"A":2}}',
    '[{"annotations":1},{"a":1,"A":2}]',
  ])('S12: refuses %s', (text) => {
    expect(() => parseJson(encode(text), 'it')).toThrow(refused(/^it has the key .* twice$/))
  })

  it.each([
    '{"annotations":{"a":"","A":""}}',
    '{"Labels":{"Name":"","name":""}}',
    '[{"a":1},{"a":2}]',
    '{"a":{"a":{"a":"a"}}}',
    '{"a":"\\"","b":":","c":"\\\\"}',
    '"annotations"',
    ' [ ] ',
  ])('accepts %s', (text) => {
    expect(parseJson(encode(text), 'it')).toEqual(JSON.parse(text))
  })

  it('S27: keeps a key called __proto__ as a key', () => {
    const value = parseJson(encode('{"__proto__":{"polluted":true}}'), 'it') as object
    expect(Object.hasOwn(value, '__proto__')).toBe(true)
    expect('polluted' in value).toBe(false)
    expect(() => parseJson(encode('{"__proto__":1,"__proto__":2}'), 'it')).toThrow(refused(/twice/))
  })

  it('S12 S14: refuses nesting above 32, however deep', () => {
    const nested = (depth: number): Uint8Array => encode('['.repeat(depth) + ']'.repeat(depth))
    expect(() => parseJson(nested(32), 'it')).not.toThrow()
    for (const depth of [33, 100_000])
      expect(() => parseJson(nested(depth), 'it')).toThrow(refused(/nested deeper than 32/))
  })

  it.each([
    ['a byte order mark', new Uint8Array([0xef, 0xbb, 0xbf, 0x7b, 0x7d]), /is not JSON/],
    ['broken UTF-8', new Uint8Array([0x22, 0xff, 0x22]), /is not valid UTF-8/],
    ['an overlong encoding', new Uint8Array([0x22, 0xc0, 0xaf, 0x22]), /is not valid UTF-8/],
    ['UTF-16', new Uint8Array([0x7b, 0, 0x7d, 0]), /is not JSON/],
    ['nothing', new Uint8Array(), /is not JSON/],
    ['a comment', encode('{} // x'), /is not JSON/],
    ['two values', encode('{}{}'), /is not JSON/],
    ['a page', encode('\n <!doctype html>'), /is HTML, not JSON/],
  ])('S12: refuses %s', (_, bytes, message) => {
    expect(() => parseJson(bytes, 'it')).toThrow(refused(message))
  })
})

describe('canonicalJson', () => {
  it.each([
    ['a million and one values', `[${'{},'.repeat(1_000_000)}1]`, /has more than 1000000 values/],
    ['values that are nested', `[${'[[],1],'.repeat(400_000)}1]`, /has more than 1000000 values/],
    [
      'a key too many in one object',
      `{${Array.from({ length: 100_001 }, (_, at) => `"${at}":0`).join(',')}}`,
      /has an object with more than 100000 keys/,
    ],
    ['nesting', `${'['.repeat(33)}${']'.repeat(33)}`, /nested deeper than 32/],
    ['nesting that is not even JSON', '{"a":'.repeat(1_000_000), /nested deeper than 32/],
  ])('S12: refuses %s before it builds any value', (_, text, message) => {
    const parse = vi.spyOn(JSON, 'parse')
    onTestFinished(() => parse.mockRestore())
    expect(() => parseJson(encode(text), 'it')).toThrow(refused(message))
    expect(parse).not.toHaveBeenCalled()
  })

  it('reads a million values', () => {
    expect(parseJson(encode(`[${'0,'.repeat(999_998)}0]`), 'it')).toHaveLength(999_999)
  })

  it.each(['"', '{"a', '{"a\\', '{"\\x":1}', '[:]', ':', ']', '}}', '{"a":}', '[1,]', '{"a":1}]', '"a":1'])(
    'says of %j that it is not JSON',
    (text) => expect(() => parseJson(encode(text), 'it')).toThrow(refused(/is not JSON/)),
  )

  it('sorts keys at every depth, writes no spaces and leaves out what is undefined', () => {
    expect(canonicalJson({ b: [{ d: 1, c: null }], a: 'é"', e: undefined, A: [] })).toBe(
      '{"A":[],"a":"é\\"","b":[{"c":null,"d":1}]}',
    )
    expect(canonicalJson([undefined, 1])).toBe('[null,1]')
  })

  it('writes JSON that means the same, whatever the order of the keys', () => {
    const shuffled = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(shuffled)
      if (typeof value !== 'object' || value === null) return value
      return Object.fromEntries(
        Object.entries(value)
          .map(([key, item]) => [key, shuffled(item)])
          .reverse(),
      )
    }
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = canonicalJson(value)
        expect(canonicalJson(JSON.parse(text))).toBe(text)
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
        expect(canonicalJson(shuffled(value))).toBe(text)
      }),
      { seed: 1, numRuns: 300 },
    )
  })
})

import { describe, expect, it } from 'vitest'

import { parseAnnotations, parseDocument, refuseOtherCase } from '../../src/oci/document.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const refused = (message: RegExp, hint = /tampered with/): unknown =>
  expect.objectContaining({
    code: 'ARTIFACT_MALFORMED',
    message: expect.stringMatching(message),
    hint: expect.stringMatching(hint),
  })

describe('parseDocument', () => {
  it('gives the fields of a JSON object', () => {
    expect(parseDocument(encode('{"a":[1]}'), 'it')).toEqual({ a: [1] })
  })

  it.each([
    ['{"a":1,"A":1}', /^it has the key "A" twice$/],
    ['[]', /^it is not a JSON object$/],
    ['{', /^it is not JSON$/],
  ])('S12: refuses %s with the code of an artifact', (text, message) => {
    expect(() => parseDocument(encode(text), 'it')).toThrow(refused(message))
  })

  it('names a login page as what may have answered with HTML', () => {
    expect(() => parseDocument(encode('<html>'), 'it')).toThrow(refused(/is HTML/, /login page/))
  })
})

describe('refuseOtherCase', () => {
  it('S12: refuses a field in another case and passes over all else', () => {
    const check = (key: string) => (): void => refuseOtherCase({ [key]: 1 }, ['mediaType', 'layers'], 'it')
    for (const key of ['Layers', 'LAYERS', 'mediatype', 'layer\u017f'])
      expect(check(key)).toThrow(refused(/^it has the key .*, which some parsers read as/))
    for (const key of ['layers', 'mediaType', 'other', '__proto__']) expect(check(key)).not.toThrow()
  })
})

describe('parseAnnotations', () => {
  it('S27: gives a map without a prototype', () => {
    const annotations = parseAnnotations(JSON.parse('{"a":"1","__proto__":"2"}'), 'annotations')
    expect(Object.getPrototypeOf(annotations)).toBe(null)
    expect(Object.entries(annotations)).toEqual([
      ['a', '1'],
      ['__proto__', '2'],
    ])
    expect(annotations['toString']).toBe(undefined)
  })

  it.each([[[]], ['x'], [null], [{ a: 1 }], [{ a: null }], [{ a: ['x'] }]])('refuses %j', (value) => {
    expect(() => parseAnnotations(value, 'annotations')).toThrow(refused(/^annotations/))
  })
})

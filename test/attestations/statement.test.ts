import { expect, it } from 'vitest'

import { computeDigest, parseDigest } from '../../src/oci/digest.ts'
import {
  parseStatement,
  type StatementFields,
  SIGNATURE_PREDICATE,
  findSubject,
  writeStatement,
} from '../../src/attestations/statement.ts'
import { capture } from '../signing/scene.ts'

const DIGEST = parseDigest('sha256:fc9b970bb7bb39abe28e3d0765666b1a8b72c2b85c1ab4c4f4dc1c29354e1479')

const signature = (annotations: Readonly<Record<string, string>>): StatementFields => ({
  predicateType: SIGNATURE_PREDICATE,
  predicate: {},
  annotations,
})

const payloadOf = (name: string): string =>
  Buffer.from(JSON.parse(capture(name)).dsseEnvelope.payload, 'base64').toString()

it('writeStatement writes the bytes that cosign writes', () => {
  expect(Buffer.from(writeStatement(DIGEST, signature({}))).toString()).toBe(payloadOf('key.sigstore'))
})

it('parseStatement reads what writeStatement wrote', () => {
  const long = computeDigest(Buffer.from('x'), 'sha512')
  const statement = parseStatement(writeStatement(long, signature({ env: 'prod' })))
  expect(statement.predicateType).toBe('https://sigstore.dev/cosign/sign/v1')
  expect(findSubject(statement, long)?.annotations).toEqual({ env: 'prod' })
  expect(findSubject(statement, DIGEST)).toBeUndefined()
})

it('parseStatement reads statement v0.1, names and further subjects', () => {
  const other = '0'.repeat(64)
  const statement = parseStatement(
    Buffer.from(
      JSON.stringify({
        _type: 'https://in-toto.io/Statement/v0.1',
        subject: [
          { name: 'host/a', digest: { sha256: other } },
          { name: 'host/b', digest: { sha512: '1'.repeat(128), sha256: DIGEST.slice(7) } },
        ],
        predicateType: 'https://example.com/t',
      }),
    ),
  )
  expect(findSubject(statement, DIGEST)).toBe(statement.subjects[1])
})

it('subjectFor does not take a digest for one of another algorithm or a property of objects', () => {
  const statement = parseStatement(
    Buffer.from(payloadOf('key.sigstore').replace('"sha256"', '"constructor"')),
  )
  expect(findSubject(statement, DIGEST)).toBeUndefined()
})

const change = (fields: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({ ...JSON.parse(payloadOf('key.sigstore')), ...fields })

it.each([
  ['another type', change({ _type: 'https://in-toto.io/Statement/v2' })],
  ['no predicateType', change({ predicateType: undefined })],
  ['a predicateType that is no text', change({ predicateType: 1 })],
  ['no subject', change({ subject: [] })],
  ['a subject that is not a list', change({ subject: { digest: { sha256: 'aa' } } })],
  ['a subject without digest', change({ subject: [{ name: 'x' }] })],
  ['a subject without any digest', change({ subject: [{ digest: {} }] })],
  ['a digest in upper case', change({ subject: [{ digest: { sha256: 'AA' } }] })],
  ['annotations that are a list', change({ subject: [{ digest: { sha256: 'aa' }, annotations: [] }] })],
  [
    'too many subjects',
    change({ subject: Array.from({ length: 1025 }, () => ({ digest: { sha256: 'aa' } })) }),
  ],
  [
    'too many digests',
    change({ subject: [{ digest: Object.fromEntries([...Array(33).keys()].map((n) => [n, 'a'])) }] }),
  ],
  ['a subject given twice', payloadOf('key.sigstore').replace('{', '{"Subject":[],')],
  ['no object', '"statement"'],
  ['no JSON', 'statement'],
])('parseStatement refuses a statement with %s', (_, text) => {
  expect(() => parseStatement(Buffer.from(text))).toThrow(
    expect.objectContaining({ code: 'ARTIFACT_MALFORMED' }),
  )
})

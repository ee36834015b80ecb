import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  formatRepository,
  isTag,
  parseReference,
  parseRegistryName,
  type Reference,
} from '../../src/oci/reference.ts'

const HEX = '0123456789abcdef'.repeat(4)
const DIGEST = `sha256:${HEX}`

/** The inverse of {@link parseReference}. */
function formatReference(reference: Reference): string {
  const { tag, digest } = reference
  const hasTag = tag !== undefined && (reference.kind === 'registry' || digest === undefined)
  return `${formatRepository(reference)}${hasTag ? `:${tag}` : ''}${digest === undefined ? '' : `@${digest}`}`
}

describe('parseReference', () => {
  it.each<[string, object]>([
    ['localhost/a', { registry: 'localhost', repository: 'a' }],
    ['localhost:5000/a/b:1.0', { registry: 'localhost:5000', repository: 'a/b', tag: '1.0' }],
    ['oci://ghcr.io/team/app:v1', { registry: 'ghcr.io', repository: 'team/app', tag: 'v1' }],
    ['GHCR.io/team/app', { registry: 'ghcr.io', repository: 'team/app' }],
    ['[::1]:5000/a', { registry: '[::1]:5000', repository: 'a' }],
    ['registry:5000/a', { registry: 'registry:5000', repository: 'a' }],
    [`ghcr.io/a@${DIGEST}`, { registry: 'ghcr.io', repository: 'a', digest: DIGEST }],
    [`ghcr.io/a:t@${DIGEST}`, { registry: 'ghcr.io', repository: 'a', tag: 't', digest: DIGEST }],
    [
      `ghcr.io/a@sha512:${HEX}${HEX}`,
      { registry: 'ghcr.io', repository: 'a', digest: `sha512:${HEX}${HEX}` },
    ],
    ['ghcr.io/a__b/c--d.e_f', { registry: 'ghcr.io', repository: 'a__b/c--d.e_f' }],
  ])('reads the registry reference %s', (text, expected) => {
    expect(parseReference(text)).toEqual({ kind: 'registry', ...expected })
  })

  it.each<[string, object]>([
    ['oci-layout:dir', { path: 'dir' }],
    ['oci-layout:d:v1', { path: 'd', tag: 'v1' }],
    ['oci-layout:dir:v1', { path: 'dir', tag: 'v1' }],
    ['oci-layout:/abs/dir:v1', { path: '/abs/dir', tag: 'v1' }],
    ['oci-layout:./a:b/dir', { path: './a:b/dir' }],
    ['oci-layout:.', { path: '.' }],
    ['oci-layout:C:\\dir', { path: 'C:\\dir' }],
    ['oci-layout:C:\\dir:v1', { path: 'C:\\dir', tag: 'v1' }],
    [`oci-layout:dir@${DIGEST}`, { path: 'dir', digest: DIGEST }],
    ['oci-layout:me@home/dir:v1', { path: 'me@home/dir', tag: 'v1' }],
  ])('reads the layout reference %s, and that of an archive', (text, expected) => {
    expect(parseReference(text.replace('oci-layout:', 'oci-archive:'))).toEqual({
      kind: 'archive',
      ...expected,
    })
    expect(parseReference(text)).toEqual({ kind: 'layout', ...expected })
  })

  it.each([
    ['', /has no registry/],
    ['app', /has no registry/],
    [`app@${DIGEST}`, /has no registry/],
    ['team/app:1', /has no registry: "team" is not a host/],
    ['https://ghcr.io/a', /is a URL/],
    ['ghcr.io/a b', /has an invalid character/],
    ['ghcr.io/a?x=1', /has an invalid character/],
    ['ghcr.io/a%2fb', /has an invalid character/],
    ['ghcr.io/A', /has the invalid repository name "A"/],
    ['ghcr.io//a', /has the invalid repository name/],
    ['ghcr.io/a/', /has the invalid repository name "a\/"/],
    ['ghcr.io/../a', /has the invalid repository name/],
    ['ghcr.io/a___b', /has the invalid repository name/],
    [`ghcr.io/${'a'.repeat(256)}`, /has a repository name that is too long/],
    ['ghcr.io/a:', /has the invalid tag ""/],
    ['ghcr.io/a:-x', /has the invalid tag "-x"/],
    [`ghcr.io/a:${'x'.repeat(129)}`, /has the invalid tag/],
    ['ghcr.io/a@sha256:abc', /has the invalid digest "sha256:abc"/],
    [`ghcr.io/a@sha256:${HEX.toUpperCase()}`, /has the invalid digest/],
    [`ghcr.io/a@${DIGEST}\n`, /has an invalid character/],
    [`ghcr.io/a@md5:${HEX.slice(32)}`, /has the invalid digest/],
    ['ghcr.io:0/a', /has the invalid port 0/],
    ['ghcr.io:65536/a', /has the invalid port 65536/],
    ['-ghcr.io/a', /has no registry/],
    ['ghcr..io/a', /has no registry/],
    [`${'a'.repeat(100_000)}.io/a`, /has no registry/],
    ['oci-layout:', /has no directory/],
    ['oci-layout::v1', /has no directory/],
    ['oci-archive:', /has no file/],
    ['oci-archive::v1', /has no file/],
    ['oci-archive:a.tar:-x', /has the invalid tag "-x"/],
    ['oci-layout:dir:-x', /has the invalid tag "-x"/],
    ['oci-layout:dir@sha256:abc', /has the invalid digest "sha256:abc"/],
    ['oci-layout:a\0b', /has no directory/],
    ['oci-archive:https://registry.example.com/a.tar', /has a URL in place of a path/],
  ])('refuses %j', (text, message) => {
    expect(() => parseReference(text)).toThrow(
      expect.objectContaining({
        code: 'REFERENCE_INVALID',
        message: expect.stringMatching(message),
        hint: expect.any(String),
      }),
    )
  })

  it.each([
    'me:secret@ghcr.io/a',
    'https://me:secret@ghcr.io/a',
    'oci://me:secret@ghcr.io/a',
    'me:secret@ghcr.io/a b',
    'me:secret@shaw.example/a',
  ])('keeps the password of %s out of the message', (text) => {
    expect(() => parseReference(text)).toThrow(
      expect.objectContaining({
        message: expect.not.stringContaining('secret'),
        hint: expect.not.stringContaining('secret'),
      }),
    )
  })

  it('keeps its messages short', () => {
    const error = (() => {
      try {
        return parseReference(`ghcr.io/a:${'x'.repeat(100_000)}`)
      } catch (error) {
        return error as Error
      }
    })()
    expect((error as Error).message.length).toBeLessThan(1000)
  })
})

const WORD = fc.stringMatching(/^[a-z0-9]{1,6}$/)
const repository = fc
  .tuple(WORD, fc.array(fc.tuple(fc.constantFrom('.', '_', '__', '-', '---', '/'), WORD), { maxLength: 4 }))
  .map(([first, rest]) => first + rest.flat().join(''))
const registry = fc.oneof(
  fc.constantFrom('localhost', '[::1]', '[fe80::1]:5000', '127.0.0.1:5000'),
  fc
    .tuple(fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,4}[a-z0-9])?$/), fc.integer({ min: 1, max: 65_535 }))
    .map(([host, port]) => `${host}:${port}`),
  fc.tuple(WORD, WORD).map((labels) => labels.join('.')),
)
const tag = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,20}$/)
const digest = fc.stringMatching(/^[0-9a-f]{64}$/).map((hex) => `sha256:${hex}`)
const path = fc
  .tuple(fc.constantFrom('', '/', './', '../'), fc.stringMatching(/^[A-Za-z0-9 ._@-]{0,8}[a-z]$/))
  .map((parts) => parts.join(''))
const reference = fc.oneof(
  fc.record(
    { kind: fc.constant('registry' as const), registry, repository, tag, digest },
    { requiredKeys: ['kind', 'registry', 'repository'] },
  ),
  fc.record({ kind: fc.constant('layout' as const), path, tag }),
  fc.record({ kind: fc.constant('layout' as const), path, digest }),
  fc.record({ kind: fc.constant('layout' as const), path }),
  fc.record({ kind: fc.constant('archive' as const), path, tag }),
  fc.record({ kind: fc.constant('archive' as const), path, digest }),
)

describe('parseReference', () => {
  it('undoes the writing of a reference', () => {
    fc.assert(
      fc.property(reference, (reference) => {
        const text = formatReference(reference as Reference)
        if (/@[^/]*:/.test(text) && !('digest' in reference)) return
        expect(parseReference(text)).toEqual(reference)
      }),
      { seed: 1, numRuns: 500 },
    )
  })

  it('reads what it has read once as the same again', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc
        .array(
          fc.constantFrom(
            'oci-layout:',
            'oci-archive:',
            'ghcr.io',
            '/',
            ':',
            '@',
            'a',
            'A',
            '.',
            '-',
            DIGEST,
          ),
          {
            maxLength: 8,
          },
        )
        .map((parts) => parts.join('')),
    )
    let read = 0
    fc.assert(
      fc.property(anything, (text) => {
        let parsed: Reference
        try {
          parsed = parseReference(text)
        } catch (error) {
          expect(error).toMatchObject({ code: 'REFERENCE_INVALID' })
          return
        }
        read++
        // A colon in the last part of a path can only be written where a tag or digest follows it.
        if (parsed.kind !== 'registry' && /[:@][^/]*$/.test(parsed.path)) return
        expect(parseReference(formatReference(parsed))).toEqual(parsed)
      }),
      { seed: 1, numRuns: 2000 },
    )
    expect(read).toBeGreaterThan(50)
  })
})

describe('formatRepository', () => {
  it('writes neither tag nor digest', () => {
    expect(formatRepository(parseReference(`ghcr.io/a:t@${DIGEST}`))).toBe('ghcr.io/a')
    expect(formatRepository(parseReference('oci-layout:./dir:t'))).toBe('oci-layout:./dir')
  })
})

describe('parseRegistryName', () => {
  it.each([
    ['GHCR.IO', 'ghcr.io'],
    ['localhost', 'localhost'],
    ['harbor.example.com:8443', 'harbor.example.com:8443'],
  ])('reads %s', (text, expected) => {
    expect(parseRegistryName(text)).toBe(expected)
  })

  it.each([
    '',
    'harbor',
    'https://harbor.example.com',
    'harbor.example.com/',
    'me:secret@harbor.example.com',
    'https://me:secret@harbor.example.com',
    'https://me:80/secret@harbor.example.com',
  ])('refuses %j', (text) => {
    expect(() => parseRegistryName(text)).toThrow(
      expect.objectContaining({
        code: 'REFERENCE_INVALID',
        message: expect.not.stringContaining('secret'),
        hint: expect.not.stringContaining('secret'),
      }),
    )
  })

  it.each([
    [
      'http://Harbor.example.com:8080/v2/',
      'is a URL',
      'write Harbor.example.com:8080 only; for plain HTTP pass --plain-http',
    ],
    ['https://harbor.example.com', 'is a URL', 'write harbor.example.com only'],
    ['https://me:80/secret@harbor.example.com/', 'is a URL', 'write harbor.example.com only'],
    ['harbor.example.com/team', 'has a path', 'write harbor.example.com only'],
    ['http://', 'is a URL', 'write the host only; for plain HTTP pass --plain-http'],
  ])('tells how to write %s', (text, problem, hint) => {
    expect(() => parseRegistryName(text)).toThrow(
      expect.objectContaining({
        code: 'REFERENCE_INVALID',
        message: expect.stringContaining(problem),
        hint: expect.stringMatching(new RegExp(`^${hint}(?!.*secret)`)),
      }),
    )
  })
})

describe('isTag', () => {
  it('takes up to 128 characters and no separator in front', () => {
    expect(['a', '_', '1.0.0', 'x'.repeat(128)].filter((text) => !isTag(text))).toEqual([])
    expect(['', '.a', '-a', 'a/b', 'a:b', 'a\n', 'é', 'x'.repeat(129)].filter(isTag)).toEqual([])
  })
})

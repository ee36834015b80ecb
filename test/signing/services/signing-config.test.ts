import { describe, expect, it } from 'vitest'

import { chooseServices } from '../../../src/signing/services/choose-services.ts'
import { parseSigningConfig, type SigningConfig } from '../../../src/signing/services/signing-config.ts'

const NOW = Date.parse('2026-06-01T00:00:00Z')

const service = (url: string, changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  url,
  majorApiVersion: 1,
  validFor: { start: '2026-01-01T00:00:00Z' },
  operator: new URL(url).host,
  ...changes,
})

const read = (fields: Readonly<Record<string, unknown>>): SigningConfig =>
  parseSigningConfig(
    Buffer.from(
      JSON.stringify({ mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json', ...fields }),
    ),
    'signing config sc.json',
  )

/** The hosts of the chosen logs, of any version unless one is demanded. */
const chooseLogs = (
  rekorTlogUrls: readonly unknown[],
  rekorTlogConfig: unknown = { selector: 'ALL' },
  rekorVersion?: 1 | 2,
): readonly string[] =>
  chooseServices(read({ rekorTlogUrls, rekorTlogConfig }), { now: NOW, rekorVersion }).logs.map(
    ({ url, version }) => `${new URL(url).host} v${version}`,
  )

it('a config as cosign signing-config create writes it without services has none', () => {
  expect(chooseServices(read({ rekorTlogConfig: {}, tsaConfig: {} }), { now: NOW })).toEqual({
    certificateAuthority: undefined,
    identityProvider: undefined,
    logs: [],
    timestampAuthorities: [],
  })
})

it('one certificate authority and one identity provider: the newest that are valid now', () => {
  const config = read({
    caUrls: [
      service('https://old.example'),
      service('https://new.example', { validFor: { start: '2026-03-01T00:00:00Z' } }),
      service('https://next.example', { validFor: { start: '2026-09-01T00:00:00Z' } }),
      service('https://v2.example', { majorApiVersion: 2, validFor: { start: '2026-05-01T00:00:00Z' } }),
    ],
    oidcUrls: [
      service('https://ended.example', {
        validFor: { start: '2026-02-01T00:00:00Z', end: '2026-05-31T23:59:59Z' },
      }),
      service('https://idp.example'),
    ],
  })
  expect(chooseServices(config, { now: NOW })).toMatchObject({
    certificateAuthority: 'https://new.example',
    identityProvider: 'https://idp.example',
  })
})

describe('logs and timestamp authorities', () => {
  const ONE = service('https://one.example')
  const OTHER = service('https://other.example', { validFor: { start: '2026-02-01T00:00:00Z' } })

  it('ALL takes each operator, newest first, and one service of each', () => {
    const newer = service('https://newer.example', {
      operator: 'one.example',
      validFor: { start: '2026-03-01T00:00:00Z' },
    })
    expect(chooseLogs([ONE, OTHER, newer])).toEqual(['newer.example v1', 'other.example v1'])
  })

  it('ANY takes the newest, EXACT its count', () => {
    expect(chooseLogs([ONE, OTHER], { selector: 'ANY' })).toEqual(['other.example v1'])
    expect(chooseLogs([ONE, OTHER], { selector: 'EXACT', count: 2 })).toHaveLength(2)
  })

  it('versions are not mixed: the highest that has a valid service', () => {
    const two = service('https://two.example', { majorApiVersion: 2 })
    const three = service('https://three.example', { majorApiVersion: 3 })
    const future = service('https://future.example', {
      majorApiVersion: 2,
      validFor: { start: '2027-01-01T00:00:00Z' },
    })
    expect(chooseLogs([ONE, two, three])).toEqual(['two.example v2'])
    expect(chooseLogs([ONE, future])).toEqual(['one.example v1'])
    expect(chooseLogs([ONE, two], { selector: 'ALL' }, 1)).toEqual(['one.example v1'])
  })

  it('both ends of a validity count', () => {
    const validFor = { start: '2026-06-01T00:00:00Z', end: '2026-06-01T00:00:00Z' }
    expect(chooseLogs([service('https://moment.example', { validFor })])).toEqual(['moment.example v1'])
  })

  it.each<[string, readonly unknown[], unknown, string]>([
    [
      'EXACT with more than there are',
      [ONE, OTHER],
      { selector: 'EXACT', count: 3 },
      'has 2 usable transparency logs of 2, and 3 needed',
    ],
    [
      'two of one operator for EXACT 2',
      [ONE, { ...OTHER, operator: 'one.example' }],
      { selector: 'EXACT', count: 2 },
      'has 1 usable',
    ],
    ['ANY with none', [], { selector: 'ANY' }, 'has 0 usable transparency logs of 0'],
    ['logs without a selector', [ONE], {}, 'does not say how many transparency logs to use'],
    [
      'logs with an undefined selector',
      [ONE],
      { selector: 'SERVICE_SELECTOR_UNDEFINED' },
      'does not say how many',
    ],
    ['none of a known version', [{ ...ONE, majorApiVersion: 3 }], { selector: 'ALL' }, 'has 0 usable'],
  ])('%s is an error', (_, urls, config, message) => {
    expect(() => chooseLogs(urls, config)).toThrow(message)
    expect(() => chooseLogs(urls, config)).toThrow(
      expect.objectContaining({ code: 'SIGNING_CONFIG_INVALID', exit: 5 }),
    )
  })
})

describe('a malformed or ambiguous config is refused', () => {
  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    [
      'another media type',
      { mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.1+json' },
      'has the media type',
    ],
    ['an unknown field', { ca_urls: [] }, 'has an unknown field in the document: "ca_urls"'],
    [
      'an unknown field of a service',
      { caUrls: [service('https://a.example', { extra: 1 })] },
      'caUrls[0]: "extra"',
    ],
    ['services that are no list', { caUrls: {} }, 'caUrls is not a list'],
    [
      'a service without a URL',
      { caUrls: [service('https://a.example', { url: undefined })] },
      'caUrls[0].url',
    ],
    [
      'a URL that is a file',
      { caUrls: [service('https://a.example', { url: 'file:///etc/passwd' })] },
      'caUrls[0].url',
    ],
    [
      'a URL with a password',
      { caUrls: [service('https://a.example', { url: 'https://u:p@a.example' })] },
      'caUrls[0].url',
    ],
    [
      'no start of validity',
      { caUrls: [service('https://a.example', { validFor: {} })] },
      'caUrls[0].validFor.start',
    ],
    [
      'no validity',
      { caUrls: [service('https://a.example', { validFor: undefined })] },
      'caUrls[0].validFor.start',
    ],
    [
      'a time that is none',
      { caUrls: [service('https://a.example', { validFor: { start: 'yesterday' } })] },
      'validFor.start',
    ],
    [
      'a version that is text',
      { caUrls: [service('https://a.example', { majorApiVersion: '1' })] },
      'majorApiVersion',
    ],
    [
      'an unknown selector',
      { rekorTlogConfig: { selector: 'MOST' } },
      'has an unknown selector in rekorTlogConfig',
    ],
    ['EXACT without a count', { tsaConfig: { selector: 'EXACT' } }, 'EXACT in tsaConfig without a count'],
    [
      'too many services',
      { tsaUrls: Array.from({ length: 65 }, () => service('https://a.example')) },
      'has 65 services',
    ],
  ])('%s', (_, fields, message) => {
    expect(() => read(fields)).toThrow(message)
    expect(() => read(fields)).toThrow(expect.objectContaining({ code: 'SIGNING_CONFIG_INVALID' }))
  })

  it.each([
    ['a key given twice', '{"mediaType":"a","mediaType":"b"}', 'has the key "mediaType" twice'],
    [
      'a field of the prototype',
      '{"__proto__":{"mediaType":"a"}}',
      'has an unknown field in the document: "__proto__"',
    ],
    ['no JSON', 'services', 'is not JSON'],
    ['a list', '[]', 'the document is not an object'],
  ])('%s', (_, text, message) => {
    expect(() => parseSigningConfig(Buffer.from(text), 'signing config sc.json')).toThrow(message)
  })
})

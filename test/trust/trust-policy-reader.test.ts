import { readFileSync } from 'node:fs'

import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'

import { YamlReader } from '../../src/documents/yaml-reader.ts'
import { DESCRIPTION, NAME } from '../../src/documents/metadata.ts'
import { REPOSITORY_PATTERN } from '../../src/documents/repository-pattern.ts'
import { FORMATS } from '../../src/trust/formats.ts'
import { readTrustPolicy } from '../../src/trust/trust-policy-reader.ts'
import { PREDICATE_TYPES } from '../../src/attestations/predicate-types.ts'
import type { TrustPolicy } from '../../src/trust/trust-policy.ts'
import { VERSION } from '../../src/trust/version.ts'

const HEAD = 'apiVersion: wasmpack.dev/v1alpha1\nkind: TrustPolicy\nmetadata: {name: corp}\n'
const ROLES =
  'roots: {corp: {trustedRoot: r.json}}, signers: {release: [{key: a.pub}], security: [{key: a.pub}, {identity: "s*@corp.example", issuer: https://kc.corp.example, root: corp}]}'
const DIGEST = `sha256:${'a'.repeat(64)}`

function read(text: string): { readonly policies: readonly TrustPolicy[]; readonly problems: string } {
  const reader = new YamlReader('p.yaml')
  const policies = reader
    .read(text)
    .flatMap((document) => readTrustPolicy(PREDICATE_TYPES)(document, reader.problems) ?? [])
  return { policies, problems: reader.problems.map(({ at, message }) => `${at}: ${message}`).join('\n') }
}

describe('readTrustPolicy', () => {
  test('reads every part of a policy', () => {
    const { policies, problems } = read(`${HEAD}spec:
  match: {repositories: ["harbor.corp.example/**"]}
  roots:
    github: {trustedRoot: /etc/wasmpack/github-root.json, logEntries: 0, timestamps: 1, scts: 0}
    corp: {trustedRoot: corp-root.json}
  signers:
    release:
      - {identity: "https://github.com/acme/*/release.yml@refs/tags/v*", issuer: https://token.example, sourceRepository: "https://github.com/acme/*", root: github}
    security: [{key: sec-a.pub}, {key: sec-b.pub, root: corp}]
  signatures: [{by: release}, {by: security, atLeast: 2}]
  attestations:
    - {type: slsaprovenance1, by: release, where: [{at: /runDetails/builder/id, is: "https://github.com/actions/runner/*"}]}
    - {type: "https://example.com/review/v1", by: security, atLeast: 2}
  signedAfter: 2026-01-01T00:00:00Z
  signedWithin: 365d
  signedFor: 48h
  formats: [bundle]
  minimumVersion: 1.4.0
  neverLess: true
  refuse: {digests: ["${DIGEST}"], signers: [old@corp.example]}
  waivers: [{digest: "${DIGEST}", reason: before signing, until: 2026-12-31T00:00:00Z, signedBy: security}]
`)
    expect(problems).toBe('')
    const identity = 'https://github.com/acme/*/release.yml@refs/tags/v*'
    expect(policies).toEqual([
      {
        metadata: { name: 'corp' },
        spec: {
          match: { repositories: ['harbor.corp.example/**'] },
          roots: new Map([
            [
              'github',
              { trustedRoot: '/etc/wasmpack/github-root.json', logEntries: 0, timestamps: 1, scts: 0 },
            ],
            ['corp', { trustedRoot: 'corp-root.json', logEntries: 1, timestamps: 0, scts: 1 }],
          ]),
          signers: new Map<string, unknown>([
            [
              'release',
              [
                {
                  kind: 'identity',
                  identity,
                  issuer: 'https://token.example',
                  sourceRepository: 'https://github.com/acme/*',
                  root: 'github',
                },
              ],
            ],
            [
              'security',
              [
                { kind: 'key', key: 'sec-a.pub' },
                { kind: 'key', key: 'sec-b.pub', root: 'corp' },
              ],
            ],
          ]),
          signatures: [
            { by: 'release', atLeast: 1 },
            { by: 'security', atLeast: 2 },
          ],
          attestations: [
            {
              type: 'https://slsa.dev/provenance/v1',
              by: 'release',
              atLeast: 1,
              where: [{ at: '/runDetails/builder/id', is: 'https://github.com/actions/runner/*' }],
            },
            { type: 'https://example.com/review/v1', by: 'security', atLeast: 2 },
          ],
          signedAfter: '2026-01-01T00:00:00Z',
          signedWithin: 365 * 86_400_000,
          signedFor: 48 * 3_600_000,
          formats: ['bundle'],
          minimumVersion: '1.4.0',
          neverLess: true,
          refuse: { digests: [DIGEST], signers: ['old@corp.example'] },
          waivers: [
            {
              digest: DIGEST,
              reason: 'before signing',
              until: '2026-12-31T00:00:00Z',
              signedBy: 'security',
            },
          ],
        },
      },
    ])
  })

  test.each([
    [
      '{}',
      'p.yaml:4:7: spec restricts nothing, expected one of signatures, attestations, summaries, minimumVersion, neverLess, refuse',
    ],
    ['{match: {repositories: [a.b/c]}}', 'spec restricts nothing'],
    [`{${ROLES}, signatures: []}`, 'spec.signatures is empty'],
    [
      `{${ROLES}, signatures: [{by: relase}]}`,
      'spec.signatures[0].by is "relase", expected a name of spec.signers; known are release, security',
    ],
    ['{signatures: [{by: release}]}', 'expected a name of spec.signers; there is no such part'],
    [`{${ROLES}, signatures: [{by: release, atLeast: 0}]}`, 'expected a whole number of at least 1'],
    [
      `{${ROLES}, signatures: [{by: release, atLeast: 2}]}`,
      'spec.signatures[0] requires 2 signers, but "release" has no more than 1',
    ],
    [
      '{signers: {a: [{identity: a@b.example, issuer: https://i.example}]}, signatures: [{by: a}]}',
      'spec.signers.a[0] lacks "root"',
    ],
    [
      '{signers: {a: [{identity: a@b.example, root: x}]}, signatures: [{by: a}]}',
      'spec.signers.a[0] lacks "issuer"',
    ],
    [
      '{signers: {a: [{key: a.pub, issuer: https://i.example}]}, signatures: [{by: a}]}',
      'unknown key "issuer" in spec.signers.a[0]',
    ],
    [`{${ROLES.replace('s*@', 's**@')}, signatures: [{by: security}]}`, '** is not supported'],
    [`{${ROLES.replace('kc.corp', '*.corp')}, signatures: [{by: security}]}`, 'without wildcards'],
    ['{signers: {a: []}, minimumVersion: 1.0.0}', 'spec.signers.a is empty'],
    [
      '{signers: {"a b": [{key: a.pub}]}, minimumVersion: 1.0.0}',
      'spec.signers has the name "a b", expected',
    ],
    [
      '{roots: {a: {trustedRoot: r.json, logEntries: 0}}, minimumVersion: 1.0.0}',
      'requires neither log entries nor timestamps',
    ],
    ['{minimumVersion: 1.4}', 'spec.minimumVersion is 1.4, expected text; put it in quotes'],
    ['{minimumVersion: latest}', 'spec.minimumVersion is "latest", expected a version'],
    [
      '{minimumVersion: 1.0.0, signedFor: 48h}',
      'has "signedFor", which has no effect without "signatures", "attestations" or "summaries"',
    ],
    [`{${ROLES}, signatures: [{by: release}], signedWithin: 1y}`, 'spec.signedWithin is "1y"'],
    [
      `{${ROLES}, signatures: [{by: release}], signedAfter: 2026-02-31}`,
      'spec.signedAfter is "2026-02-31", expected an RFC 3339',
    ],
    [
      `{${ROLES}, signatures: [{by: release}], formats: [bundles]}`,
      'spec.formats[0] is "bundles", expected one of bundle, legacy',
    ],
    ['{refuse: {}}', 'spec.refuse refuses nothing'],
    ['{refuse: {digests: [latest]}}', 'spec.refuse.digests[0] is "latest", expected a digest'],
    [
      `{minimumVersion: 1.0.0, waivers: [{digest: "${DIGEST}", until: 2026-12-31T00:00:00Z}]}`,
      'spec.waivers[0] lacks "reason"',
    ],
    [`{minimumVersion: 1.0.0, waivers: [{digest: "${DIGEST}", reason: x}]}`, 'spec.waivers[0] lacks "until"'],
    ['{neverLess: true}', 'spec has "neverLess", which has no effect without "signers"'],
    [`{${ROLES}, neverLess: false}`, 'spec restricts nothing'],
    [`{${ROLES}, neverLess: yes}`, 'spec.neverLess is "yes", expected true or false'],
    [
      `{${ROLES}, minimumVersion: 1.0.0, waivers: [{digest: "${DIGEST}", reason: x, until: 2026-12-31T00:00:00Z, signedBy: sec}]}`,
      'spec.waivers[0].signedBy is "sec", expected a name of spec.signers; known are release, security',
    ],
    [`{${ROLES}, attestations: []}`, 'spec.attestations is empty'],
    [
      `{${ROLES}, attestations: [{type: slsaprovenance, by: release}]}`,
      'spec.attestations[0].type is "slsaprovenance", expected one of slsaprovenance1, spdxjson, cyclonedx, capabilities, waiver, vsa, or a URI',
    ],
    [`{${ROLES}, attestations: [{by: release}]}`, 'spec.attestations[0] lacks "type"'],
    [`{${ROLES}, attestations: [{type: spdxjson}]}`, 'spec.attestations[0] lacks "by"'],
    [
      `{${ROLES}, attestations: [{type: spdxjson, by: release, atLeast: 2}]}`,
      'spec.attestations[0] requires 2 signers, but "release" has no more than 1',
    ],
    [
      `{${ROLES}, attestations: [{type: spdxjson, by: release, where: [{at: runDetails, is: x}]}]}`,
      'where[0].at is "runDetails", expected a JSON pointer such as /runDetails/builder/id',
    ],
    [
      `{${ROLES}, attestations: [{type: spdxjson, by: release, where: [{at: /a~2b, is: x}]}]}`,
      'expected a JSON pointer',
    ],
    [
      `{${ROLES}, attestations: [{type: spdxjson, by: release, where: [{at: /a, is: "x**"}]}]}`,
      '** is not supported',
    ],
    [
      `{${ROLES}, attestations: [{type: spdxjson, by: release, where: [{at: /a, is: true}]}]}`,
      'where[0].is is true, expected text; put it in quotes',
    ],
    [`{${ROLES}, attestations: [{type: spdxjson, by: release, where: []}]}`, 'where is empty'],
  ])('refuses %s', (spec, problem) => {
    expect(read(`${HEAD}spec: ${spec}\n`).problems).toContain(problem)
  })

  test.each([
    ['refuse: &all {digests: []}\n  minimumVersion: 1.0.0', 'anchors'],
    ['minimumVersion: 1.0.0\n  minimumVersion: 0.0.1', 'the key "minimumVersion" is repeated'],
  ])('P11: YAML that two readers could understand differently is refused: %s', (spec, problem) => {
    expect(read(`${HEAD}spec:\n  ${spec}\n`).problems).toContain(problem)
  })
})

describe('the JSON Schema', () => {
  const schema = JSON.parse(readFileSync('schemas/trust-policy.v1alpha1.schema.json', 'utf8'))
  const accepts = new Ajv2020({ allowUnionTypes: true }).compile(schema)
  const root = { trustedRoot: 'r.json' }
  const identity = { identity: 's@corp.example', issuer: 'https://kc.corp.example', root: 'corp' }
  const base = {
    roots: { corp: root },
    signers: { release: [{ key: 'a.pub' }, { key: 'b.pub', root: 'corp' }, identity] },
    signatures: [{ by: 'release', atLeast: 2 }],
  }
  const agree = (spec: unknown): readonly boolean[] => {
    const document = {
      apiVersion: 'wasmpack.dev/v1alpha1',
      kind: 'TrustPolicy',
      metadata: { name: 'p' },
      spec,
    }
    return [accepts(document), read(JSON.stringify(document)).problems === '']
  }

  test.each([
    base,
    {
      ...base,
      match: { repositories: ['**'] },
      formats: ['bundle', 'legacy'],
      signedAfter: '2026-01-01T00:00:00+01:00',
    },
    {
      ...base,
      signedWithin: '365d',
      signedFor: '30m',
      roots: { corp: { ...root, logEntries: 0, timestamps: 1, scts: 0 } },
    },
    { ...base, signatures: undefined, attestations: [{ type: 'spdxjson', by: 'release' }], signedFor: '1d' },
    {
      ...base,
      attestations: [
        { type: 'https://a.example/b', by: 'release', atLeast: 2, where: [{ at: '/a~1b/0/c d', is: 'x *' }] },
      ],
    },
    {
      ...base,
      signatures: undefined,
      summaries: [{ by: 'release', verifier: 'https://v.example', policy: DIGEST }],
      signedWithin: '30d',
    },
    { minimumVersion: '1.4.0-rc.1+build' },
    { refuse: { digests: [DIGEST], signers: ['*@corp.example', DIGEST] } },
    { ...base, waivers: [{ digest: DIGEST, reason: 'why', until: '2026-12-31T00:00:00Z' }] },
    {
      ...base,
      waivers: [{ digest: DIGEST, reason: 'why', until: '2026-12-31T00:00:00Z', signedBy: 'release' }],
    },
    { ...base, signatures: undefined, neverLess: true },
    { ...base, neverLess: false },
  ])('and the reader accept %j', (spec) => expect(agree(spec)).toEqual([true, true]))

  test.each([
    {},
    { match: { repositories: ['**'] } },
    { ...base, signatures: [] },
    { ...base, signatures: [{ by: 'release', atLeast: 0 }] },
    { ...base, signatures: [{ by: 're lease' }] },
    { ...base, signers: {} },
    { ...base, signers: { release: [] } },
    { ...base, signers: { release: [{ key: 'a.pub', issuer: 'https://kc.corp.example' }] } },
    { ...base, signers: { release: [{ ...identity, root: undefined }] } },
    { ...base, signers: { release: [{ ...identity, identity: '**' }] } },
    { ...base, signers: { release: [{ ...identity, issuer: 'kc' }] } },
    { ...base, roots: { corp: { ...root, logEntries: 0 } } },
    { ...base, attestations: [{ type: 'provenance', by: 'release' }] },
    { ...base, attestations: [{ type: 'spdxjson', by: 'release', where: [{ at: '', is: 'x' }] }] },
    { ...base, attestations: [{ type: 'spdxjson', by: 'release', where: [{ at: '/a', is: '' }] }] },
    { ...base, attestations: [{ type: 'spdxjson', by: 'release', where: [{ at: '/a', is: true }] }] },
    { ...base, summaries: [] },
    { ...base, summaries: [{ by: 'release', verifier: 'https://v.example' }] },
    { ...base, summaries: [{ by: 'release', verifier: 'v', policy: DIGEST }] },
    { ...base, summaries: [{ by: 'release', verifier: 'https://v.example', policy: 'latest' }] },
    { ...base, formats: [] },
    { ...base, signedFor: '2w' },
    { ...base, signedAfter: '2026-01-01' },
    { minimumVersion: '1' },
    { minimumVersion: '1.0.0', signedFor: '1d' },
    { refuse: {} },
    { refuse: { digests: ['sha256:abc'] } },
    { ...base, waivers: [{ digest: DIGEST, reason: '', until: '2026-12-31T00:00:00Z' }] },
    { neverLess: true },
    { ...base, signatures: undefined, neverLess: false },
    { ...base, neverLess: 'yes' },
  ])('and the reader refuse %j', (spec) => expect(agree(spec)).toEqual([false, false]))

  test('has the patterns of the reader', () => {
    const { match, roots, signers, signatures, attestations, minimumVersion, refuse } =
      schema.properties.spec.properties
    const { type, where } = attestations.items.properties
    expect(type.anyOf[0].enum).toEqual([...PREDICATE_TYPES.keys()])
    expect(type.anyOf[1].pattern).toBe(FORMATS.predicateType.pattern)
    expect(where.items.properties.at.pattern).toBe(FORMATS.pointer.pattern)
    expect(where.items.properties.is.pattern).toBe(FORMATS.value.pattern)
    expect(match.properties.repositories.items.pattern).toBe(REPOSITORY_PATTERN.pattern)
    expect(roots.propertyNames.pattern).toBe(FORMATS.role.pattern)
    expect(signers.additionalProperties.items.oneOf[1].properties.issuer.pattern).toBe(FORMATS.issuer.pattern)
    expect(signers.additionalProperties.items.oneOf[1].properties.identity.pattern).toBe(FORMATS.glob.pattern)
    expect(signatures.items.properties.by.pattern).toBe(FORMATS.role.pattern)
    expect(minimumVersion.pattern).toBe(VERSION.pattern)
    expect(refuse.properties.digests.items.pattern).toBe(FORMATS.digest.pattern)
    expect(schema.properties.metadata.properties.name.pattern).toBe(NAME.pattern)
    expect(schema.properties.metadata.properties.description.pattern).toBe(DESCRIPTION.pattern)
  })
})

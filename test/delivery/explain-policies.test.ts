import { readFileSync } from 'node:fs'

import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'

import type { GrantRow, GrantRows } from '../../src/capabilities/manifest/grant-shapes.ts'
import { GRANT_TABLE } from '../../src/capabilities/manifest/grant-table.ts'
import { explainPolicies } from '../../src/delivery/explain-policies.ts'
import { parsePolicies } from '../../src/delivery/policy-documents.ts'
import { isRecord } from '../../src/json.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`
const SIGNERS = {
  roots: {
    corp: { trustedRoot: 'corp.json', logEntries: 2, timestamps: 3, scts: 4 },
    other: { trustedRoot: 'o.json' },
  },
  signers: {
    release: [
      {
        identity: 'https://ci.example/*',
        issuer: 'https://i.example',
        sourceRepository: 'https://s.example/*',
        root: 'corp',
      },
    ],
    security: [{ key: 'a.pub', root: 'corp' }, { key: 'b.pub' }],
  },
}

/** A value for each grant: its example, or all that it can hold. */
const fill = (rows: GrantRows): object =>
  Object.fromEntries(Object.entries(rows).map(([key, row]) => [key, valueOf(row)]))

const mapValues = (lists: object, value: unknown): object =>
  Object.fromEntries(Object.keys(lists).map((key) => [key, value]))

function valueOf(row: GrantRow): unknown {
  if (row.shape === 'parameters') return { ...mapValues(row.lists, []), ...(parse(row.example) as object) }
  if ('example' in row) return parse(row.example) as unknown
  if (row.shape === 'flag') return true
  return row.shape === 'choices' ? row.words : fill((row as { readonly members: GrantRows }).members)
}

const document = (kind: string, spec: object): Document => ({
  apiVersion: 'wasmpack.dev/v1alpha1',
  kind,
  metadata: { name: 'corp', description: 'what it is for' },
  spec,
})
type Document = { readonly [key: string]: unknown }

/** Policies that have every key of their schemas between them. */
const SAMPLES: Readonly<Record<string, readonly Document[]>> = {
  'trust-policy': [
    document('TrustPolicy', {
      match: { repositories: ['harbor.corp.example/**'] },
      ...SIGNERS,
      signatures: [{ by: 'security', atLeast: 2 }],
      attestations: [{ type: 'spdxjson', by: 'security', atLeast: 2, where: [{ at: '/name', is: 'app*' }] }],
      summaries: [{ by: 'security', verifier: 'https://v.example', policy: DIGEST }],
      formats: ['bundle'],
      signedAfter: '2026-01-01T00:00:00Z',
      signedWithin: '365d',
      signedFor: '48h',
      minimumVersion: '1.4.0',
      neverLess: true,
      refuse: { digests: [DIGEST], signers: ['old@corp.example'] },
      waivers: [{ digest: DIGEST, reason: 'why', until: '2026-12-31T00:00:00Z', signedBy: 'security' }],
    }),
  ],
  'capability-policy': [
    document('CapabilityPolicy', {
      match: { repositories: ['harbor.corp.example/**'] },
      requireManifest: true,
      deny: ['sockets.*'],
      ceiling: fill(GRANT_TABLE),
      hostInterfaces: [
        { module: 'env', names: ['log'], kind: 'func', type: '(i32)' },
        { importedStringConstants: 'strings' },
        { component: 'acme:a/b@1.0.0', functions: ['f'] },
        { component: 'acme:a/c@1.0.0', kind: 'instance' },
        { implements: 'acme:a/d@1.0.0', functions: ['g'], as: ['x'], externalId: ['y'] },
      ],
      exports: { required: ['run'], forbidden: ['debug'] },
      limits: {
        memory: { maxPages: 10, requireMax: true },
        tables: { maxElements: 11, requireMax: true },
        modules: 12,
        nesting: 13,
        size: 14,
        startFunction: 'deny',
      },
      features: { baseline: 'wasm-2.0', allow: ['threads'] },
      ...SIGNERS,
      growth: 'minor',
      signedBy: 'release',
    }),
    document('CapabilityPolicy', { ...SIGNERS, growth: 'approved', approvedBy: 'security' }),
  ],
}

const explain = (policy: unknown): string =>
  explainPolicies(parsePolicies(JSON.stringify(policy), 'policy.yaml'))
    .map(({ name, sentences }) => `${name}\n${sentences.join('\n')}`)
    .join('\n')

/** Undefined for a policy that is not valid. */
function tryToExplain(policy: unknown): string | undefined {
  try {
    return explain(policy)
  } catch {
    return undefined
  }
}

type Schema = Readonly<Record<string, unknown>>

/** The keys of a schema that no value has. */
function findMissing(root: Schema, schema: Schema, values: readonly unknown[], path = ''): readonly string[] {
  const reference = schema['$ref'] as string | undefined
  if (reference !== undefined) {
    const target = reference
      .slice(2)
      .split('/')
      .reduce<unknown>((one, key) => (one as Schema)[key], root)
    return findMissing(root, target as Schema, values, path)
  }
  const records = values.filter(isRecord)
  const { properties = {}, additionalProperties, items } = schema as Record<string, Schema | undefined>
  return [
    ...Object.entries(properties as Record<string, Schema>).flatMap(([key, child]) => {
      const found = records.flatMap((record) => (key in record ? [record[key]] : []))
      return found.length === 0 ? [`${path}.${key}`] : findMissing(root, child, found, `${path}.${key}`)
    }),
    ...(isRecord(additionalProperties)
      ? findMissing(root, additionalProperties, records.flatMap(Object.values), `${path}.*`)
      : []),
    ...(isRecord(items)
      ? findMissing(
          root,
          items,
          values.flatMap((one) => (Array.isArray(one) ? (one as unknown[]) : [])),
          `${path}[]`,
        )
      : []),
    ...['oneOf', 'anyOf'].flatMap((key) =>
      ((schema[key] ?? []) as readonly Schema[]).flatMap((one) => findMissing(root, one, values, path)),
    ),
  ]
}

/** Every scalar of a document, by its path. */
const listLeaves = (value: unknown, path: readonly string[] = []): readonly (readonly string[])[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, child]) => listLeaves(child, [...path, key]))
    : [path]

/** The document with another value at a path; without it if that is undefined. */
function replace(value: unknown, [key, ...rest]: readonly string[], other: unknown): unknown {
  if (key === undefined) return other
  if (Array.isArray(value))
    return (value as unknown[])
      .map((item, index) => (`${index}` === key ? replace(item, rest, other) : item))
      .filter((item) => item !== undefined)
  const { [key]: child, ...others } = value as Record<string, unknown>
  const replaced = replace(child, rest, other)
  return replaced === undefined ? others : { ...others, [key]: replaced }
}

const read = (value: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((one, key) => (one as Record<string, unknown>)[key], value)

/** Values that may be allowed in place of another; nothing at all, too. */
function* listOthers(value: unknown): Generator<unknown> {
  if (typeof value === 'number') yield value === 2 ? 1 : value + 1
  if (typeof value === 'string') {
    yield* [`${value}x`, value.replace(/\d(?=\D*$)/, (digit) => `${(Number(digit) + 1) % 10}`), `x${value}`]
    yield* [
      'legacy',
      'release',
      'security',
      'other',
      'allow',
      'ro',
      'rw',
      'never',
      'major',
      'global',
      'wasm-3.0',
    ]
    yield* ['memory', 'func', 'fs', 'cyclonedx', `sha256:${'b'.repeat(64)}`]
  }
  yield undefined
}

const IDENTITY = new Set(['apiVersion', 'kind'])

describe.each(Object.entries(SAMPLES))('policy explain: %s', (name, samples) => {
  test('the samples have every key of the JSON Schema', () => {
    const schema = JSON.parse(readFileSync(`schemas/${name}.v1alpha1.schema.json`, 'utf8')) as Schema
    expect(findMissing(schema, schema, samples)).toEqual([])
  })

  test('leaves no field out: another value makes another sentence', () => {
    const silent = new Set<string>()
    const told = new Set<string>()
    for (const sample of samples) {
      const whole = explain(sample)
      for (const path of listLeaves(sample).filter(([key]) => !IDENTITY.has(key!))) {
        const value = read(sample, path)
        let changed: string | undefined
        for (const other of listOthers(value)) {
          if (other === value) continue
          changed = tryToExplain(replace(sample, path, other))
          if (changed !== undefined) break
        }
        ;(changed === undefined || changed === whole ? silent : told).add(path.join('.'))
      }
    }
    expect([...silent].filter((path) => !told.has(path))).toEqual([])
  })
})

test('policy explain says what a trust policy means', () => {
  expect(explain(SAMPLES['trust-policy']![0]!)).toMatchInlineSnapshot(`
    "corp
    Its author describes it as "what it is for".
    It applies to the repositories harbor.corp.example/**.
    A repository that no trust policy of the same file applies to is refused.
    It requires signatures by at least 2 different signers of security.
    It requires attestations spdxjson (https://spdx.dev/Document) by at least 2 different signers of security, stating "app*" at "/name".
    In place of all signatures and attestations, it accepts a verification summary by security, in which "https://v.example" says that the policy file sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa held.
    By the root corp (file "corp.json"), a signature needs 2 or more verified log entries, 3 or more verified timestamps, 4 or more verified SCTs of its certificate.
    By the root other (file "o.json"), a signature needs 1 or more verified log entries, 1 or more verified SCTs of its certificate; timestamps are not required.
    The role release is the identity "https://ci.example/*" of the issuer "https://i.example" in a workflow for the repository "https://s.example/*", by the root corp.
    The role security is the key of the file "a.pub" (by the root corp) or the key of the file "b.pub" (no verified times).
    Only what was signed after 2026-01-01T00:00:00Z counts, by a verified time.
    Only what was signed at most 365 days ago counts, by a verified time.
    Only what was signed at least 2 days ago counts, by a verified time.
    Only signatures and attestations of the format bundle count.
    It requires a version of at least 1.4.0, as org.opencontainers.image.version in the manifest says.
    It refuses an artifact that fewer of a role signed, or that a role attested less of, than what the tag names now and the version before it.
    It refuses the artifact sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, whatever else holds.
    What "old@corp.example" signed counts for nobody.
    Until 2026-12-31T00:00:00Z, its rules are waived for sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, if security has attested it: "why"."
  `)
})

test('policy explain says what a small capability policy means', () => {
  const policy = document('CapabilityPolicy', {
    deny: ['sockets.*'],
    ceiling: { stdio: ['stdout'], http: { outgoing: { hosts: ['https://api.example.com'] } } },
  })
  expect(explain(policy)).toMatchInlineSnapshot(`
    "corp
    Its author describes it as "what it is for".
    It applies to all repositories.
    It denies imports of the class sockets.*, whatever is granted.
    A module may import, and a capability manifest may grant, no more than:
      stdio ("stdout"): using these standard streams; \`terminal\`: asking whether one of them is a terminal
      http.outgoing (hosts "https://api.example.com"): sending HTTP requests to these hosts"
  `)
})

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'

import { buildCapabilityPredicate } from '../../src/attestations/predicates/capabilities.ts'
import { listRequestedImports } from '../../src/capabilities/catalog/classify.ts'
import { listCapabilities } from '../../src/capabilities/diff/find-growth.ts'
import { evaluate } from '../../src/capabilities/evaluate/evaluate.ts'
import {
  type Approval,
  type ApprovalSource,
  buildApproval,
  readApproval,
} from '../../src/capabilities/growth/approval.ts'
import { parseCapabilityManifest } from '../../src/capabilities/manifest/manifest-text.ts'
import { REPOSITORY_NAME } from '../../src/documents/repository-pattern.ts'
import { computeDigest, getDigestHex } from '../../src/oci/digest.ts'
import { FORMATS } from '../../src/trust/formats.ts'
import { createBytesCursor } from '../../src/wasm/binary/bytes-cursor.ts'
import { inspectBinary } from '../../src/wasm/inspect-binary.ts'
import { fixtureCapabilities, readFixture } from '../support/fixtures.ts'

// The vectors of docs/attestation.md. BLESS=1 writes them; without it they must be what they were.

const VECTORS = join(import.meta.dirname, '../vectors')
const CATALOGUE = { version: '1', digest: `sha256:${'0'.repeat(64)}` }
const TOOL = { name: 'example', version: '1.0.0' }
const REPOSITORY = 'registry.example.com/team/app'

type Predicate = Record<string, any>

/** A change that makes a predicate invalid, and the rule of the specification that it breaks. */
type Mutation = readonly [name: string, rule: string, change: (predicate: Predicate) => unknown]

const readSchema = (name: string): object =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../../schemas/${name}.schema.json`), 'utf8')) as object

const ajv = new Ajv2020({ allowUnionTypes: true })
ajv.addSchema(readSchema('capability-manifest.v1alpha1'))
const acceptsAttestation = ajv.compile(readSchema('capability-attestation.v1'))
const acceptsApproval = ajv.compile(readSchema('capability-approval.v1'))

async function readModule(name: string) {
  const bytes = readFixture(name)
  const inspection = await inspectBinary(createBytesCursor(bytes))
  const capabilities = parseCapabilityManifest(fixtureCapabilities(name)!, `${name}.yaml`)
  return { bytes, inspection, capabilities }
}

async function attestationOf(name: string): Promise<Predicate> {
  const { bytes, inspection, capabilities } = await readModule(name)
  const predicate = buildCapabilityPredicate({
    digest: computeDigest(bytes),
    kind: inspection.kind,
    size: inspection.size,
    imports: listRequestedImports(inspection).map((one) => ({ name: one.shown, class: one.class })),
    capabilityManifest: capabilities,
    verdict: evaluate({ inspection }, capabilities),
    catalogue: CATALOGUE,
  })
  return { ...predicate, tool: TOOL }
}

async function approvalOf(name: string): Promise<Predicate> {
  const { bytes, inspection, capabilities } = await readModule(name)
  const approval: Approval = {
    repository: REPOSITORY,
    approvedAt: '2026-01-02T03:04:05Z',
    capabilities: listCapabilities({ inspection, capabilities }),
  }
  const source: ApprovalSource = {
    module: {
      digest: { sha256: getDigestHex(computeDigest(bytes)) },
      kind: inspection.kind,
      size: inspection.size,
    },
    catalogue: CATALOGUE,
    tool: TOOL,
  }
  return buildApproval(approval, source)
}

/** The rules that the schema cannot express. */
const keepsRules = ({ imports, classes }: Predicate): boolean =>
  JSON.stringify(classes) ===
  JSON.stringify([...new Set(imports.map((one: Predicate) => one['class']))].sort())

const PREDICATES = {
  'capabilities-v1': {
    build: attestationOf,
    accepts: (predicate: Predicate) => acceptsAttestation(predicate) && keepsRules(predicate),
    mutations: [
      ['missing-module', 'A2', (one) => delete one['module']],
      [
        'digest-upper-case',
        'A3',
        (one) => (one['module'].digest.sha256 = one['module'].digest.sha256.toUpperCase()),
      ],
      ['kind-unknown', 'A3', (one) => (one['module'].kind = 'wit')],
      ['size-negative', 'A3', (one) => (one['module'].size = -1)],
      ['import-without-class', 'A4', (one) => one['imports'].push({ name: 'env.f' })],
      [
        'import-with-control-character',
        'A4',
        (one) => one['imports'].push({ name: 'env.\u001b[2J', class: 'unknown' }),
      ],
      ['class-malformed', 'A4', (one) => one['imports'].push({ name: 'env.f', class: 'Fs.Open' })],
      ['classes-incomplete', 'A5', (one) => one['classes'].pop()],
      ['classes-more-than-imports', 'A5', (one) => one['classes'].push('zzz')],
      ['classes-not-sorted', 'A5', (one) => (one['classes'] = [...one['classes'], 'aaa'])],
      ['manifest-not-an-object', 'A6', (one) => (one['capabilityManifest'] = 'grants: {}')],
      ['manifest-of-another-kind', 'A6', (one) => (one['capabilityManifest'].kind = 'CapabilityPolicy')],
      ['denied', 'A7', (one) => (one['verdict'].allowed = false)],
      ['status-unknown', 'A7', (one) => one['verdict'].grants.push({ grant: 'random', status: 'maybe' })],
      ['catalogue-without-digest', 'A8', (one) => delete one['catalogue'].digest],
    ] as readonly Mutation[],
  },
  'capability-approval-v1': {
    build: approvalOf,
    accepts: (predicate: Predicate) => acceptsApproval(predicate) && !('problem' in readApproval(predicate)),
    mutations: [
      ['unknown-field', 'B1', (one) => (one['until'] = '2026-12-31T00:00:00Z')],
      ['unknown-field-in-capabilities', 'B1', (one) => (one['capabilities'].deny = ['fs'])],
      ['missing-repository', 'B2', (one) => delete one['repository']],
      ['repository-with-wildcard', 'B3', (one) => (one['repository'] = 'registry.example.com/**')],
      ['repository-with-tag', 'B3', (one) => (one['repository'] += ':1.0.0')],
      ['time-without-zone', 'B4', (one) => (one['approvedAt'] = '2026-01-02T03:04:05')],
      ['class-malformed', 'B5', (one) => one['capabilities'].classes.push('Fs')],
      [
        'import-with-unknown-key',
        'B6',
        (one) => one['capabilities'].imports.push({ module: 'env', names: ['f'], any: true }),
      ],
      ['grant-unknown', 'B7', (one) => (one['capabilities'].grants.everything = true)],
    ] as readonly Mutation[],
  },
} as const

const FIXTURES = ['as-hello', 'rust-custom', 'as-plain', 'http-fetch']

const format = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

/** Every vector by its path. */
async function generate(): Promise<ReadonlyMap<string, string>> {
  const vectors = new Map<string, string>()
  for (const [type, { build, mutations }] of Object.entries(PREDICATES)) {
    for (const name of FIXTURES)
      vectors.set(`${type}/valid/${name}.json`, format({ predicate: await build(name) }))
    for (const [name, rule, change] of mutations) {
      const predicate = structuredClone(await build(FIXTURES[0]!))
      change(predicate)
      vectors.set(`${type}/invalid/${name}.json`, format({ rule, predicate }))
    }
  }
  return vectors
}

function readVectors(): ReadonlyMap<string, string> {
  const names = readdirSync(VECTORS, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.json'),
  )
  return new Map(names.sort().map((name) => [name, readFileSync(join(VECTORS, name), 'utf8')]))
}

test('the vectors are those that their fixtures and rules give', async () => {
  const vectors = new Map([...(await generate())].sort(([one], [other]) => (one < other ? -1 : 1)))
  if (process.env['BLESS'] === '1')
    for (const [name, text] of vectors) {
      const path = join(VECTORS, name)
      mkdirSync(join(path, '..'), { recursive: true })
      writeFileSync(path, text)
    }
  expect(readVectors()).toEqual(vectors)
})

test.each(Object.entries(PREDICATES))(
  'every valid vector of %s is accepted, and no invalid one',
  (type, { accepts }) => {
    const said = [...readVectors()]
      .filter(([name]) => name.startsWith(`${type}/`))
      .map(
        ([name, text]) => [name, accepts((JSON.parse(text) as { predicate: Predicate }).predicate)] as const,
      )
    expect(said.length).toBeGreaterThan(10)
    expect(said.filter(([name, accepted]) => accepted !== name.includes('/valid/'))).toEqual([])
  },
)

test('every invalid vector names a rule of the specification', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/attestation.md'), 'utf8')
  for (const { mutations } of Object.values(PREDICATES))
    for (const [name, rule] of mutations) expect(page, name).toContain(`| ${rule} |`)
})

test('the schema of approvals has the patterns of the reader', () => {
  const { properties } = readSchema('capability-approval.v1') as Predicate
  expect(properties.repository.pattern).toBe(REPOSITORY_NAME.pattern)
  expect(properties.approvedAt.pattern).toBe(FORMATS.time.pattern)
})

import { readFileSync } from 'node:fs'

import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'

import { DENY } from '../../src/capabilities/policy/policy-reader.ts'
import { parsePolicies } from '../../src/delivery/policy-documents.ts'
import { REPOSITORY_PATTERN } from '../../src/documents/repository-pattern.ts'

const read = (kind: string) => JSON.parse(readFileSync(`schemas/${kind}.v1alpha1.schema.json`, 'utf8'))
const schema = read('capability-policy')
const accepts = new Ajv2020({ allowUnionTypes: true }).compile(schema)

function parses(document: unknown): boolean {
  try {
    return parsePolicies(JSON.stringify(document), 'p.json').capabilities.length === 1
  } catch {
    return false
  }
}

const spec = (more: object): unknown => ({
  apiVersion: 'wasmpack.dev/v1alpha1',
  kind: 'CapabilityPolicy',
  metadata: { name: 'corp' },
  spec: more,
})

test.each([
  { deny: ['sockets.*', 'fs.write', '*', 'unknown'] },
  { match: { repositories: ['harbor.corp/team-a/**', '**', '*/x', '[::1]:5000/a'] }, requireManifest: true },
  { ceiling: { http: { outgoing: { hosts: ['*'] } }, filesystem: [] } },
  { hostInterfaces: [{ module: '*', names: ['*'] }] },
  { exports: { forbidden: ['x*'] }, limits: { size: '20MiB' }, features: { baseline: 'wasm-2.0' } },
  { signers: { a: [{ key: 'a.pub' }] }, growth: 'minor', signedBy: 'a' },
  { signers: { a: [{ key: 'a.pub' }] }, growth: 'approved', approvedBy: 'a' },
  {
    roots: { corp: { trustedRoot: 'r.json' } },
    signers: { a: [{ identity: 'a@b.c', issuer: 'https://i.example', root: 'corp' }] },
    growth: 'never',
    signedBy: 'a',
  },
])('schema and parser accept %j', (more) => {
  expect([accepts(spec(more)), parses(spec(more))]).toEqual([true, true])
})

test.each([
  {},
  { match: { repositories: ['a.b/c'] } },
  { match: { repositories: [] }, deny: ['fs'] },
  { match: { repositories: ['a.b'] }, deny: ['fs'] },
  { match: {}, deny: ['fs'] },
  { deny: ['Fs'] },
  { deny: ['fs', 'fs'] },
  { target: 'wasip1', deny: ['fs'] },
  { ceiling: { randon: true } },
  { requireManifest: 'yes' },
  { limits: { size: '1PiB' } },
  { growth: 'minor' },
  { growth: 'approved', signers: { a: [{ key: 'a.pub' }] }, signedBy: 'a' },
  { growth: 'never', signers: { a: [{ key: 'a.pub' }] }, approvedBy: 'a' },
  { growth: 'minor', signers: { a: [{ key: 'a.pub' }] }, signedBy: 'a', approvedBy: 'a' },
  { growth: 'patch', signers: { a: [{ key: 'a.pub' }] }, signedBy: 'a' },
  { deny: ['fs'], signers: { a: [{ key: 'a.pub' }] } },
  { signers: { a: [{ key: 'a.pub' }] } },
])('schema and parser refuse %j', (more) => {
  expect([accepts(spec(more)), parses(spec(more))]).toEqual([false, false])
})

test('the schema shares the parts of the one of the capability manifest, and the patterns of the parser', () => {
  expect(schema.$defs).toEqual(read('capability-manifest').$defs)
  const { match, deny } = schema.properties.spec.properties
  expect(match.properties.repositories.items.pattern).toBe(REPOSITORY_PATTERN.pattern)
  expect(deny.items.pattern).toBe(DENY.pattern)
})

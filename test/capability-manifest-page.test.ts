import { readFileSync } from 'node:fs'

import { expect, test } from 'vitest'

import { heldGrants } from '../src/capabilities/manifest/held-grants.ts'
import { parseCapabilityManifest } from '../src/capabilities/manifest/manifest-text.ts'
import { grantRows } from './capabilities/every-grant.ts'

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
const page = read('docs/capability-manifest.md')

const HEAD = [
  'apiVersion: wasmpack.dev/v1alpha1',
  'kind: CapabilityManifest',
  'metadata: {name: page}',
  'spec:',
]

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly [key: string]: unknown
}

/** Every key that a capability manifest may have, at any depth. */
function keysOf(schema: Schema): string[] {
  const below = Object.values(schema).flatMap((value) =>
    typeof value === 'object' && value !== null ? keysOf(value as Schema) : [],
  )
  return [...Object.keys(schema.properties ?? {}), ...below]
}

test('docs/capability-manifest.md names every field', () => {
  const schema = JSON.parse(read('schemas/capability-manifest.v1alpha1.schema.json')) as Schema
  const words = new Set(page.match(/\w+/g))
  expect([...new Set(keysOf(schema))].filter((key) => !words.has(key))).toEqual([])
})

test('the capability manifests in docs/capability-manifest.md are well-formed', () => {
  const examples = [...page.matchAll(/```yaml\n([^`]*)```/g)].map(([, text]) => text!)
  expect(examples.length).toBeGreaterThan(0)
  for (const example of examples) expect(parseCapabilityManifest(example, 'page').spec).toBeDefined()
})

test('the host interfaces in its table are well-formed', () => {
  const entries = [...page.matchAll(/^\| `(\{.*?\})` \|/gm)].map(([, entry]) => `    - ${entry}`)
  const manifest = [...HEAD, '  grants: {}', '  hostInterfaces:', ...entries].join('\n')
  expect(parseCapabilityManifest(manifest, 'page').spec.hostInterfaces).toHaveLength(5)
})

test.each([...grantRows()].flatMap(([path, row]) => ('example' in row ? [[path, row.example]] : [])))(
  'the example of the grant %s, %s, is well-formed',
  (path, example) => {
    const keys = path.split('.')
    const lines = keys.map((key, depth) => `${'  '.repeat(depth + 2)}${key}:`)
    const manifest = [...HEAD, '  grants:', `${lines.join('\n')} ${example}`].join('\n')
    expect([...heldGrants(parseCapabilityManifest(manifest, 'page').spec.grants).keys()]).toContain(path)
  },
)

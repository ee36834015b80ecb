import { readFileSync } from 'node:fs'

import { expect, test } from 'vitest'

import { parseCapabilityManifest } from '../src/capabilities/manifest/manifest-text.ts'

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
const page = read('docs/capability-manifest.md')

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

test('the values in its tables are well-formed', () => {
  const rows = page.split('\n').filter((line) => line.startsWith('| `'))
  const host = rows.flatMap((row) => /^\| `(\{.*?\})` \|/.exec(row)?.[1] ?? [])
  const grants = rows.flatMap((row) => {
    const [, key, value] = /^\| `(\w+)`(?:, `\w+`)* \| `([[{].*?)` \|/.exec(row) ?? []
    return key === undefined ? [] : [`    ${key}: ${value}`]
  })
  expect([host.length, grants.length]).toEqual([4, 11])
  const text = [
    'apiVersion: wasmpack.dev/v1alpha1',
    'kind: CapabilityManifest',
    'metadata: {name: page}',
    'spec:',
    '  grants:',
    ...grants,
    '  hostInterfaces:',
    ...host.map((entry) => `    - ${entry}`),
  ].join('\n')
  expect(parseCapabilityManifest(text, 'page').spec.hostInterfaces).toHaveLength(4)
})

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { Ajv, type ValidateFunction } from 'ajv'
import { expect, test } from 'vitest'

import type { RenderedObject } from '../../../src/gitops/render/target.ts'
import { listObjects, renderEverything } from './every-object.ts'
import { DIGEST } from './scene.ts'

const SCHEMAS = join(import.meta.dirname, '../../schemas')
const files = new Map(
  readdirSync(SCHEMAS, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.json'))
    .map((path) => [path.split('/').at(-1)!, join(SCHEMAS, path)]),
)
const compiled = new Map<string, ValidateFunction>()

function findSchema({ apiVersion, kind }: RenderedObject): ValidateFunction {
  const [version, group] = String(apiVersion).split('/').toReversed() as [string, string?]
  const name = `${[kind, group, version]
    .filter((part) => part !== undefined)
    .join('-')
    .toLowerCase()}.json`
  const known = compiled.get(name)
  if (known !== undefined) return known
  const schema = JSON.parse(readFileSync(files.get(name)!, 'utf8')) as object
  const validate = new Ajv({ strict: false, allErrors: true }).compile(schema)
  compiled.set(name, validate)
  return validate
}

test('every object of every fixture is valid by the closed schema of its platform, and each reference has a digest', async () => {
  const kinds = new Set<unknown>()
  let count = 0
  for await (const [name, rendered] of renderEverything()) {
    const text = JSON.stringify(rendered.kind === 'command' ? rendered.argv : rendered)
    for (const [, rest] of text.matchAll(/registry\.example\.com\/team\/app([^"\\]*)/g))
      expect(rest, name).toBe(`:1.0.0@${DIGEST}`)
    for (const object of listObjects(rendered)) {
      const validate = findSchema(object)
      validate(object)
      expect(validate.errors, `${String(object['kind'])} of ${name}`).toBeNull()
      kinds.add(object['kind'])
      count += 1
    }
  }
  expect([...kinds].map(String).toSorted()).toEqual([
    'CiliumNetworkPolicy',
    'ClusterAdmissionPolicy',
    'Deployment',
    'EnvoyExtensionPolicy',
    'EnvoyFilter',
    'NetworkPolicy',
    'PodTemplate',
    'RuntimeClass',
    'Service',
    'SpinApp',
    'TrafficExtension',
    'WasmPlugin',
    'WorkloadDeployment',
  ])
  expect(count).toBeGreaterThan(80)
})

test('a schema knows no field that its platform does not have', () => {
  const validate = findSchema({ apiVersion: 'apps/v1', kind: 'Deployment' })
  expect(validate({ spec: { selector: {}, template: {}, unknown: 1 } })).toBe(false)
})

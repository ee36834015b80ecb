import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { Ajv, type ValidateFunction } from 'ajv'
import { beforeAll, expect, test } from 'vitest'

import { formatRendered } from '../../../src/commands/show/rendered.ts'
import type { Rendered, RenderedObject } from '../../../src/gitops/render/target.ts'
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

type Everything = readonly (readonly [name: string, rendered: Rendered | undefined])[]

async function collectEverything(): Promise<Everything> {
  const renderings = []
  for await (const rendering of renderEverything()) renderings.push(rendering)
  return renderings
}

let everything: Everything
beforeAll(async () => {
  everything = await collectEverything()
})

test('every object of every fixture is valid by the closed schema of its platform', () => {
  const kinds = new Set<unknown>()
  let count = 0
  for (const [name, rendered] of everything)
    for (const object of listObjects(rendered)) {
      const validate = findSchema(object)
      validate(object)
      expect(validate.errors, `${String(object['kind'])} of ${name}`).toBeNull()
      kinds.add(object['kind'])
      count += 1
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
  expect(count).toBeGreaterThan(170)
})

test('every rendering for a cluster names the artifact, and always with its digest', () => {
  for (const [name, rendered] of everything) {
    if (rendered === undefined) continue
    const text = JSON.stringify(rendered)
    const references = [...text.matchAll(/registry\.example\.com([^"\\ ]*)/g)].map(([, rest]) => rest)
    for (const rest of references) expect(rest, name).toBe(`/team/app:1.0.0@${DIGEST}`)
    const isForCluster = rendered.kind === 'objects' || rendered.kind === 'template'
    expect(references.length > 0, name).toBe(isForCluster)
  }
})

test('which fixtures every target runs', async () => {
  const running = new Map<string, Set<string>>()
  for (const [name, rendered] of everything) {
    const [fixture, target] = name.slice(0, name.indexOf(',')).split(' for ') as [string, string]
    const fixtures = running.get(target) ?? new Set()
    running.set(target, rendered === undefined ? fixtures : fixtures.add(fixture))
  }
  const lines = [...running].map(([target, fixtures]) => `${target}: ${[...fixtures].join(' ')}\n`)
  await expect(lines.join('')).toMatchFileSnapshot('golden/fixtures-by-target.txt')
})

test('two runs give the same bytes', async () => {
  const format = (renderings: Everything): readonly string[] =>
    renderings.map(([name, rendered]) => `${name}\n${rendered === undefined ? '' : formatRendered(rendered)}`)
  expect(format(await collectEverything())).toEqual(format(everything))
})

test('a schema knows no field that its platform does not have', () => {
  const validate = findSchema({ apiVersion: 'apps/v1', kind: 'Deployment' })
  expect(validate({ spec: { selector: {}, template: {}, unknown: 1 } })).toBe(false)
})

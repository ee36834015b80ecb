import { describe, expect, test } from 'vitest'

import type { ModuleRequirement } from '../../src/capabilities/evaluate/module-requirement.ts'
import { judgeModule, needsInstructions } from '../../src/delivery/judge.ts'
import { core, granting, SAMPLES } from '../capabilities/samples.ts'

const evidence = { inspection: core() }

const requirement = (allows: boolean): ModuleRequirement => ({
  needsInstructions: false,
  judge: (_, manifests) =>
    allows
      ? []
      : [{ rule: 'limit-exceeded', severity: 'error', message: `refused beside ${manifests.length}` }],
})

describe('judge', () => {
  test('allows only what manifests and requirements allow alike', async () => {
    const granted = granting({ stdio: ['stdout'] })
    const of = { inspection: SAMPLES.cHello }
    const verdict = (request: Parameters<typeof judgeModule>[1]) => judgeModule(of, request)
    expect(await verdict({ manifests: [granted], requirements: [requirement(true)] })).toMatchObject({
      allowed: true,
    })
    expect(await verdict({ manifests: [granted], requirements: [requirement(false)] })).toMatchObject({
      allowed: false,
      findings: [{ message: 'refused beside 1' }],
      grants: [{ grant: 'stdio.stdout' }],
    })
    expect(await verdict({ manifests: [granting({})], requirements: [requirement(true)] })).toMatchObject({
      allowed: false,
    })
    expect(await verdict({ manifests: [], requirements: [requirement(true)] })).toMatchObject({
      allowed: true,
      grants: [],
    })
  })

  test('gives no verdict where nothing judges', async () => {
    await expect(judgeModule(evidence, { manifests: [] })).rejects.toThrow('something to judge by')
  })

  test('makes warnings deny when it is strict', async () => {
    const manifests = [granting({ random: true })]
    expect(await judgeModule(evidence, { manifests })).toMatchObject({ allowed: true })
    expect(await judgeModule(evidence, { manifests, strict: true })).toMatchObject({ allowed: false })
  })

  test('asks whether a module fits the target of its manifest, and lets none pass that cannot be looked at', async () => {
    const manifest = granting({ random: true })
    const rulesFor = async (target: string, wit?: string): Promise<readonly string[]> => {
      const meant = { ...manifest, spec: { ...manifest.spec, target } }
      return (await judgeModule(evidence, { manifests: [meant], wit })).findings.map(({ rule }) => rule)
    }
    expect(await rulesFor('wasip2')).toContain('incompatible')
    expect(await rulesFor('acme:app/server@1.0.0')).toContain('not-checked')
    expect(await rulesFor('wasi:cli/command@0.2', 'nowhere.wit')).toContain('incompatible')
    await expect(rulesFor('acme:app/server@1.0.0', 'nowhere.wit')).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
    })
  })
})

test('instructions are read when a manifest or a requirement asks for their features', () => {
  const manifest = granting({})
  const limiting = { ...manifest, spec: { ...manifest.spec, features: {} } }
  expect(needsInstructions({ manifests: [manifest] })).toBe(false)
  expect(needsInstructions({ manifests: [manifest, limiting] })).toBe(true)
  const asking = { ...requirement(true), needsInstructions: true }
  expect(needsInstructions({ manifests: [manifest], requirements: [requirement(true), asking] })).toBe(true)
})

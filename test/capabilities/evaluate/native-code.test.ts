import { describe, expect, test } from 'vitest'

import { diffCapabilities } from '../../../src/capabilities/diff/diff-capabilities.ts'
import { evaluate } from '../../../src/capabilities/evaluate/evaluate.ts'
import { inferCapabilityManifest } from '../../../src/capabilities/init/infer-manifest.ts'
import { renderCapabilityManifest } from '../../../src/capabilities/init/render-manifest.ts'
import { createPolicyRequirement } from '../../../src/capabilities/policy/evaluate-policy.ts'
import { parsePolicies } from '../../../src/delivery/policy-documents.ts'
import type { Finding } from '../../../src/capabilities/evaluate/finding.ts'
import type { Inspection } from '../../../src/wasm/types/inspection.ts'
import { component, custom, module, section } from '../../support/wasm-builder.ts'
import { inspectComponent, inspectModule } from '../../wasm/inspecting.ts'
import { granting } from '../samples.ts'

const holding = (name: string, ...content: number[]): Promise<Inspection> =>
  inspectModule(module(custom(name, content)))

const judgedByPolicy = (inspection: Inspection, spec: string): readonly Finding[] =>
  createPolicyRequirement(
    parsePolicies(
      `apiVersion: wasmpack.dev/v1alpha1\nkind: CapabilityPolicy\nmetadata: {name: p}\nspec: ${spec}\n`,
      'p.yaml',
    ).capabilities[0]!,
  ).judge({ inspection }, [])

const ELF = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]

describe('native code in custom sections', () => {
  test.each([
    ['wasmedge', [1]],
    ['precompiled_v8_v8-9.6.180.15-linux-x86_64', [1]],
    ['precompiled_', []],
    ['wamr-aot', [1]],
    ['wavm.precompiled_object', [1]],
    ['harmless', ELF],
    ['harmless', [0xcf, 0xfa, 0xed, 0xfe]],
    ['harmless', [0x00, 0x61, 0x6f, 0x74]],
    ['harmless', [0x4d, 0x5a, ...Array<number>(58).fill(0), 0x40, 0, 0, 0, ...Array<number>(8).fill(0)]],
  ])('is denied in a section %j of content %j that is not granted', async (name, content) => {
    const inspection = await holding(name, ...content)
    const verdict = evaluate({ inspection }, granting({}))
    expect(verdict.allowed).toBe(false)
    expect(verdict.findings).toMatchObject([
      { rule: 'not-granted', class: 'native-code', risk: 'high', grant: 'nativeCode: true' },
    ])
    expect(verdict.findings[0]!.message).toContain(`custom section "${name}"`)
    expect(evaluate({ inspection }, granting({ nativeCode: true }))).toMatchObject({
      allowed: true,
      grants: [{ grant: 'nativeCode', status: 'runtime' }],
    })
  })

  test.each([
    ['name', ELF.slice(0, 3)],
    ['Wasmedge', [1]],
    ['.debug_info', [1, 2, 3, 4]],
    ['MZ', [0x4d, 0x5a, 0x20]],
    ['component-type:a', [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]],
  ])('is not seen in a section %j of content %j', async (name, content) => {
    expect(evaluate({ inspection: await holding(name, ...content) }, granting({}))).toMatchObject({
      allowed: true,
      findings: [],
    })
  })

  test('is denied in nested modules and components too, each once', async () => {
    const native = custom('wasmedge', [1])
    const inspection = await inspectComponent(
      component(
        section(1, module(native)),
        section(1, module(native, native)),
        section(4, component(section(1, module(native)), native)),
      ),
    )
    expect(evaluate({ inspection }, granting({})).findings.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^custom section "wasmedge" of a nested module lets the module run native code/),
      expect.stringMatching(
        /^custom section "wasmedge" of a nested component lets the module run native code/,
      ),
    ])
  })

  test.each([
    ["{deny: ['*']}", 'policy-denied'],
    ['{deny: [native-code]}', 'policy-denied'],
    ['{ceiling: {random: true}}', 'above-ceiling'],
  ])('is refused by the policy %s', async (spec, rule) => {
    expect(judgedByPolicy(await holding('wasmedge', 1), spec)).toMatchObject([{ rule, class: 'native-code' }])
  })

  test('is allowed by a ceiling that names it, which also bounds the grant', async () => {
    expect(judgedByPolicy(await holding('wasmedge', 1), '{ceiling: {nativeCode: true}}')).toEqual([])
    expect(judgedByPolicy(await holding('wasmedge', 1), '{deny: [unknown]}')).toEqual([])
  })

  test('is granted by init with a warning, and counts as an added capability of a new version', async () => {
    const inspection = await holding('wasmedge', 1)
    const manifest = inferCapabilityManifest(inspection, { name: 'a' })
    expect(evaluate({ inspection }, manifest)).toMatchObject({ allowed: true, findings: [] })
    expect(renderCapabilityManifest(manifest, inspection)).toMatch(
      / # custom section "wasmedge"\n +# native code runs outside of the sandbox.*\n +nativeCode: true\n/,
    )
    const diff = diffCapabilities({ inspection: await inspectModule(module()) }, { inspection })
    expect(diff.added.classes).toEqual(['native-code'])
  })
})

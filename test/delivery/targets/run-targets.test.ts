import { describe, expect, test } from 'vitest'

import {
  loadBundledTarget,
  listBundledTargets,
  findCompatibleTargets,
  isBundledTarget,
  findMisfits,
  loadTarget,
} from '../../../src/delivery/targets/run-targets.ts'
import { fixturePath, readFixture } from '../../support/fixtures.ts'
import { inspectBytes } from '../../wasm/inspecting.ts'

const inspectFixture = (name: string) => inspectBytes(readFixture(name))
const problems = async (fixture: string, target: string): Promise<readonly string[]> =>
  findMisfits(await inspectFixture(fixture), await loadBundledTarget(target)).map(({ message }) => message)

test.each(listBundledTargets())('%s is there', async (name) => {
  expect(isBundledTarget(name)).toBe(true)
  expect(await loadBundledTarget(name)).toMatchObject({ name })
})

test('a world may be named by the track of its version, or without one if there is one only', async () => {
  expect(await loadBundledTarget('wasi:http/proxy@0.2')).toMatchObject({ name: 'wasi:http/proxy@0.2.12' })
  expect(await loadBundledTarget('wasi:http/proxy')).toMatchObject({ name: 'wasi:http/proxy@0.2.12' })
  expect(await loadBundledTarget('wasi:cli/command@0.3')).toMatchObject({ name: 'wasi:cli/command@0.3.0' })
})

test.each([
  ['wasi:cli/command', 'there are several versions of the target "wasi:cli/command"'],
  ['wasi:cli/command@0.2.3', 'the target "wasi:cli/command@0.2.3" is not bundled in this version'],
  ['wasi:nn/ml', 'unknown target "wasi:nn/ml"'],
  ['toString', 'unknown target "toString"'],
  ['wasi:http/toString@0.2', 'unknown target'],
])('%s is refused', async (name, message) => {
  expect(isBundledTarget(name)).toBe(false)
  await expect(loadBundledTarget(name)).rejects.toMatchObject({
    code: 'USAGE',
    message: expect.stringContaining(message),
    hint: expect.stringContaining('--wit'),
  })
})

describe('a component', () => {
  test('fits what offers all that it imports and expects what it exports', async () => {
    expect(await findCompatibleTargets(await inspectFixture('hello-component'))).toEqual([
      'wasip2',
      'wasi:cli/command@0.2.12',
      'wasip3',
    ])
    expect(await findCompatibleTargets(await inspectFixture('http-serve'))).toEqual([
      'wasip2',
      'wasi:http/proxy@0.2.12',
      'wasip3',
    ])
  })

  test('is told what is not offered and what is missing', async () => {
    const told = await problems('c-files-component', 'wasi:http/proxy@0.2')
    expect(told[0]).toBe('wasi:cli/exit@0.2.12 is not offered by wasi:http/proxy@0.2.12')
    expect(told.at(-1)).toBe(
      'wasi:http/incoming-handler@0.2.12 is not exported, but wasi:http/proxy@0.2.12 expects it',
    )
  })
})

test('a module fits the hosts of core modules', async () => {
  expect(await findCompatibleTargets(await inspectFixture('c-hello'))).toEqual(['wasip1'])
  expect(await findCompatibleTargets(await inspectFixture('proxy-filter'))).toEqual(['proxy-wasm@0.2.1'])
  expect(await findCompatibleTargets(await inspectFixture('rust-custom'))).toEqual([])
  expect(await findCompatibleTargets(await inspectFixture('edge/wit-package'))).toEqual([])
})

test('a module has to be made a component first', async () => {
  expect(await problems('c-hello', 'wasip2')).toEqual([expect.stringContaining('wasm-tools component new')])
})

describe('WIT that is given', () => {
  const wit = new URL('../../../assets/wit/wasi-http-0.2.12.wasm', import.meta.url).pathname

  test('declares the worlds', async () => {
    expect(await loadTarget('proxy', wit)).toMatchObject({ name: 'wasi:http/proxy@0.2.12' })
    expect(await loadTarget('wasi:http/proxy@0.2.3', wit)).toMatchObject({ name: 'wasi:http/proxy@0.2.12' })
    expect(await loadTarget('wasip1', wit)).toMatchObject({ kind: 'core' })
  })

  test.each([
    [undefined, 'has 2 worlds', 'select one with --target'],
    ['server', 'has no world named "server"', 'wasi:http/proxy@0.2.12'],
  ])('has no world that is meant by %s', async (name, message, hint) => {
    await expect(loadTarget(name, wit)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    })
  })

  test('is not a component', async () => {
    await expect(loadTarget(undefined, fixturePath('hello-component'))).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('has no world'),
    })
  })
})

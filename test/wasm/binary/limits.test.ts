import { describe, expect, test } from 'vitest'

import { inspectBinary } from '../../../src/wasm/inspect-binary.ts'
import { createRangeCursor } from '../../../src/wasm/binary/range-cursor.ts'
import {
  component,
  componentImports,
  componentTypes,
  coreImport,
  coreImports,
  custom,
  extern,
  func,
  functionDeclarations,
  I32,
  instanceImport,
  instanceType,
  leb,
  module,
  name,
  section,
  types,
  vec,
} from '../../support/wasm-builder.ts'
import { inspectComponent, inspectModule, refusal } from '../inspecting.ts'

const repeat = (bytes: readonly number[], times: number): Uint8Array => {
  const all = new Uint8Array(bytes.length * times)
  for (let at = 0; at < all.length; at += bytes.length) all.set(bytes, at)
  return all
}

describe('a small file', () => {
  test.each([
    ['a section of 1 GiB', [1, ...leb(2 ** 30)], 'the limit is 67108864'],
    ['a section of 60 MiB', [1, ...leb(60 * 2 ** 20), 0], 'the file is truncated in the type section'],
    [
      'a billion types',
      types()
        .slice(0, 2)
        .concat(leb(10 ** 9)),
      'the number of types is cut off',
    ],
    [
      'a billion imports',
      [2, 5, ...leb(10 ** 9)],
      '1000000000 imports are declared, but only 0 bytes follow',
    ],
    ['a name of 4 GiB', [2, 6, 1, ...leb(2 ** 32 - 1)], '4294967295 bytes long, the limit is 100000'],
    [
      'a custom section of 4 GiB',
      [0, ...leb(2 ** 32 - 1), 1, 0x61],
      'the file is truncated in the custom section "a"',
    ],
  ])('that announces %s is refused for what it has', async (_, bytes, message) => {
    const binary = module(bytes)
    const asked: number[] = []
    const ranges = {
      size: binary.length,
      read: async (offset: number, length: number) => {
        asked.push(length)
        return binary.subarray(offset, offset + length)
      },
    }
    expect(await refusal(binary)).toContain(message)
    await expect(inspectBinary(createRangeCursor(ranges))).rejects.toThrow(message)
    expect(Math.max(...asked)).toBeLessThanOrEqual(binary.length)
  })
})

test('types that are nested too deep are refused', async () => {
  const nested = (depth: number): number[] =>
    depth === 0 ? instanceType() : instanceType([0x01, ...nested(depth - 1)])
  await inspectComponent(component(componentTypes(nested(31))))
  expect(await refusal(component(componentTypes(nested(32))))).toContain('types are nested deeper than 32')
})

test('components that are nested too deep are refused', async () => {
  const nested = (depth: number): Uint8Array =>
    depth === 0 ? component() : component(section(4, nested(depth - 1)))
  expect((await inspectComponent(nested(32))).nested.components).toBe(32)
  expect(await refusal(nested(33))).toContain('components are nested deeper than 32')
})

test('instances that double at each step cost no more than their quota', async () => {
  const doubling = (index: number): number[] =>
    instanceType(
      [0x02, 0x03, 0x02, 1, index],
      [0x04, ...extern('a'), 0x05, 0],
      [0x04, ...extern('b'), 0x05, 0],
    )
  const chain = Array.from({ length: 30 }, (_, index) => doubling(index))
  const bytes = component(componentTypes(instanceType(), ...chain), componentImports(instanceImport('i', 30)))
  expect(bytes.length).toBeLessThan(1000)
  expect(await refusal(bytes)).toContain('too many imported items, the limit is 10000')
})

test('a long chain of instances in instances is refused', async () => {
  const chain = (length: number): Uint8Array =>
    component(
      componentTypes(
        instanceType(),
        ...Array.from({ length }, (_, index) =>
          instanceType([0x02, 0x03, 0x02, 1, ...leb(index)], [0x04, ...extern('a'), 0x05, 0]),
        ),
      ),
      componentImports(instanceImport('i', length)),
    )
  expect(await refusal(chain(40))).toContain('nested deeper than 32')
  expect(await refusal(chain(5000))).toContain('types are nested deeper than 100')
})

test('types that are nested too deeply are refused', async () => {
  const lists = (length: number): Uint8Array =>
    component(
      componentTypes(
        [0x70, 0x7f],
        ...Array.from({ length }, (_, index) => [
          0x70,
          index < 64 ? index : index | 0x80,
          ...(index < 64 ? [] : [0]),
        ]),
      ),
    )
  await inspectComponent(lists(98))
  expect(await refusal(lists(100))).toContain('types are nested deeper than 100')
})

test('a type that passes through instances is followed only so far', async () => {
  const handed = (length: number): Uint8Array =>
    component(
      componentImports([...extern('r'), 0x03, 0x01]),
      componentTypes([0x69, 0]),
      ...Array.from({ length }, (_, index) => [
        ...componentTypes(
          instanceType([0x02, 0x03, 0x02, 1, ...leb(1 + 2 * index)], [0x04, ...extern('t'), 0x03, 0x00, 0]),
        ),
        ...componentImports(instanceImport(`i${index}`, 2 + 2 * index)),
        ...section(6, vec([0x03, 0x00, ...leb(index), ...name('t')])),
      ]),
    )
  await inspectComponent(handed(1000))
  expect(await refusal(handed(1001))).toContain('passes through more than 1000 instances')
})

test('an instance type that many imports refer to is counted for each', async () => {
  const functions = functionDeclarations(...Array.from({ length: 2000 }, (_, index) => `f${index}`))
  const imports = Array.from({ length: 501 }, (_, index) => instanceImport(`i${index}`, 0))
  const bytes = component(componentTypes(instanceType(...functions)), componentImports(...imports))
  expect(await refusal(bytes)).toContain('too many imported items, the limit is 10000')
})

test('one long name or type that many imports share is counted for each', async () => {
  const shared = (text: string, type: number[]): Uint8Array =>
    module(
      types(type),
      coreImports([...name(text), 0, 0x7e, 0x00, 0, ...leb(60_000), ...repeat([0], 60_000)]),
    )
  expect((await inspectModule(shared('env', func([])))).imports).toHaveLength(60_000)
  expect(await refusal(shared('m'.repeat(1000), func([])))).toContain(
    'too many characters of names and types, the limit is 2097152',
  )
  expect(await refusal(shared('env', func(Array.from({ length: 1000 }, () => I32))))).toContain(
    'characters of names and types',
  )
})

test('the names of exports are as long as the file has them: a linked C++ program exports megabytes of symbols', async () => {
  const exported = Array.from({ length: 30 }, (_, at) => [...name(`${at}${'s'.repeat(90_000)}`), 0x02, 0])
  const bytes = module(coreImports(coreImport('env', 'memory', 0x02, 0x00, 0)), section(7, vec(...exported)))
  expect((await inspectModule(bytes)).exports).toHaveLength(30)
})

test.each([
  ['sections', repeat(custom(''), 100_001)],
  ['types', section(1, leb(1_000_001), repeat(func([]), 1_000_001))],
  ['imports', coreImports([...name('m'), 0, 0x7e, 0x02, 0x00, 0, ...leb(100_001), ...repeat([0], 100_001)])],
  ['memories', section(5, leb(1001), repeat([0, 0], 1001))],
  ['tables', section(4, leb(100_001), repeat([0x70, 0, 0], 100_001))],
])('more %s than the limit are refused', async (what, sections) => {
  expect(await refusal(module(sections))).toMatch(new RegExp(`too many ${what}, the limit is \\d+`))
})

test.each([
  ['component types', section(7, leb(100_001), repeat([0x42, 0], 100_001))],
  ['instances', section(5, leb(100_001), repeat([0x01, 0], 100_001))],
])('more %s than the limit are refused', async (what, sections) => {
  expect(await refusal(component(sections))).toContain(`too many ${what}, the limit is 100000`)
})

test('more nested modules than the limit are refused', async () => {
  expect(await refusal(component(repeat(section(1, module()), 1001)))).toContain(
    'too many nested modules and components, the limit is 1000',
  )
})

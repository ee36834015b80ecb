import { describe, expect, test } from 'vitest'

import {
  component,
  componentImports,
  componentTypes,
  coreImport,
  coreImports,
  custom,
  func,
  functionDeclarations,
  instanceImport,
  instanceType,
  leb,
  module,
  MODULE_HEADER,
  name,
  section,
  types,
  vec,
} from '../support/wasm-builder.ts'
import { inspectComponent, inspectModule, refusal } from './inspecting.ts'

const TYPES = types(func([]))
const INNOCENT = coreImports(coreImport('env', 'log', 0, 0))
const HIDDEN = coreImports(coreImport('wasi_snapshot_preview1', 'path_open', 0, 0))
const CODE = [...section(3, vec(0)), ...section(10, vec([2, 0, 0x0b]))]

/** A section whose size is written in `bytes` bytes. */
const padded = (id: number, content: readonly number[], bytes: number): number[] => {
  const size = leb(content.length)
  while (size.length < bytes) {
    size[size.length - 1]! |= 0x80
    size.push(0)
  }
  return [id, ...size, ...content]
}

describe('an import cannot be hidden', () => {
  test.each([
    ['in a second import section', [INNOCENT, HIDDEN], 'duplicate import section'],
    [
      'in an import section after code',
      [INNOCENT, CODE, HIDDEN],
      'the import section after the code section',
    ],
    ['in one before the types', [HIDDEN, TYPES], 'type 0 is not a function type'],
    [
      'behind the end of its section',
      [[2, INNOCENT.length - 2, 2, ...INNOCENT.slice(3), ...HIDDEN.slice(3)]],
      'is cut off',
    ],
    [
      'behind the number of imports',
      [section(2, 1, INNOCENT.slice(3), HIDDEN.slice(3))],
      'bytes are left over at the end of the import section',
    ],
    ['behind a size of six bytes', [padded(2, INNOCENT.slice(2), 6)], 'does not fit in 32 bits'],
    [
      'behind the end of the module',
      [INNOCENT, CODE, MODULE_HEADER, TYPES, HIDDEN],
      'longer than its section',
    ],
    ['in a section of an unknown number', [INNOCENT, [0x22, ...HIDDEN.slice(1)]], 'unknown section id 34'],
    ['in the sections of a component', [INNOCENT, CODE, [14, ...HIDDEN.slice(1)]], 'unknown section id 14'],
  ] as const)('%s', async (_, sections, message) => {
    const start = sections[0] === HIDDEN ? [] : [TYPES]
    expect(await refusal(module(...start, ...sections))).toContain(message)
  })

  test('by writing its section and its numbers in more bytes than they need', async () => {
    const content = [0x81, 0x80, 0x00, ...HIDDEN.slice(3)]
    const { imports } = await inspectModule(module(TYPES, padded(2, content, 5)))
    expect(imports).toMatchObject([{ module: 'wasi_snapshot_preview1', name: 'path_open' }])
  })

  test('by the compact form, which older readers do not know', async () => {
    const compact = section(
      2,
      vec([...name('env'), 0, 0x7f, ...vec([...name('a'), 0, 0], [...name('b'), 0, 0])]),
    )
    const { imports } = await inspectModule(module(TYPES, compact))
    expect(imports.map(({ name }) => name)).toEqual(['a', 'b'])
  })

  test('and what only looks like one is none', async () => {
    const { imports, customSections } = await inspectModule(
      module(
        TYPES,
        custom('import', HIDDEN),
        INNOCENT,
        section(11, vec([0, 0x41, 0, 0x0b, ...vec(...HIDDEN)])),
      ),
    )
    expect(imports.map(({ name }) => name)).toEqual(['log'])
    expect(customSections).toMatchObject([{ name: 'import' }])
  })

  test('under an innocent label', async () => {
    const label = [2, ...name('log'), ...vec([0, ...name('wasi:filesystem/types@0.2.3')]), 5, 0]
    const type = componentTypes(instanceType(...functionDeclarations('[static]descriptor.open')))
    await expect(inspectComponent(component(type, componentImports(label)))).resolves.toMatchObject({
      imports: [{ name: 'log', implements: 'wasi:filesystem/types@0.2.3' }],
    })
  })

  test.each([
    '',
    'a b',
    'a\nb',
    'wаsi:cli/exit@0.2.0',
    'wasi:cli/exit@0.2.0\u200b',
    'WASI:cli/exit@0.2.0',
    'wasi:cli/exit@0.2.0#exit',
    '"',
  ])('behind the name %j, which no component may import', async (label) => {
    const binary = component(
      componentTypes(instanceType(...functionDeclarations('exit'))),
      componentImports(instanceImport(label, 0)),
    )
    expect(await refusal(binary)).toContain('is not a name that a component may import or export')
  })
})

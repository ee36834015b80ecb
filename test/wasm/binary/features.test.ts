import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import {
  type Baseline,
  BASELINES,
  FEATURES,
  FeatureUse,
  findUncovered,
} from '../../../src/wasm/binary/features.ts'
import {
  component,
  componentImports,
  componentTypes,
  coreImport,
  coreImports,
  extern,
  func,
  I32,
  instanceType,
  module,
  name,
  section,
  types,
  vec,
} from '../../support/wasm-builder.ts'
import { inspectBytes } from '../inspecting.ts'

const importing = (...entity: readonly number[]): Uint8Array =>
  module(types(func([])), coreImports(coreImport('m', 'n', ...entity)))
const nestedModule = (...sections: readonly number[][]): number[] => section(1, module(...sections))

test.each([
  ['nothing beyond the first version', module(types(func([I32], [I32]))), []],
  ['several results', module(types(func([], [I32, I32]))), ['multi-value']],
  ['a vector', module(types(func([0x7b]))), ['simd']],
  ['a reference', module(types(func([0x6f]))), ['reference-types']],
  [
    'a reference that is not null',
    module(types(func([[0x64, 0x70]]))),
    ['function-references', 'reference-types'],
  ],
  [
    'a shared reference that is not null',
    module(types(func([[0x64, 0x65, 0x6f]]))),
    ['function-references', 'reference-types', 'shared-everything-threads'],
  ],
  [
    'a reference to a type',
    module(types(func([]), func([[0x63, 0]]))),
    ['function-references', 'reference-types'],
  ],
  ['a reference to a type, with gc', module(types([0x5f, 0], func([[0x63, 0]]))), ['gc', 'reference-types']],
  ['a type that refers to itself', module(types(func([[0x63, 0]]))), ['gc', 'reference-types']],
  ['a reference to an exception', module(types(func([0x69]))), ['exceptions', 'reference-types']],
  ['a reference to a continuation', module(types(func([0x68]))), ['reference-types', 'stack-switching']],
  ['a group of types', module(types([0x4e, 1, ...func([])])), ['gc']],
  ['a type that is not final', module(types([0x50, 0, ...func([])])), ['gc']],
  ['a final type without supertypes', module(types([0x4f, 0, ...func([])])), []],
  ['a shared type', module(types([0x65, 0x5f, 0])), ['gc', 'shared-everything-threads']],
  ['a descriptor', module(types([0x4d, 0, 0x5f, 0])), ['custom-descriptors', 'gc']],
  ['a table of functions', importing(0x01, 0x70, 0x00, 0), []],
  ['a table of functions, spelled out', importing(0x01, 0x63, 0x70, 0x00, 0), []],
  ['a table of anything else', importing(0x01, 0x6f, 0x00, 0), ['reference-types']],
  ['a table of 64 bits', importing(0x01, 0x70, 0x04, 0), ['memory64']],
  ['a memory of 64 bits', importing(0x02, 0x04, 0), ['memory64']],
  ['a shared memory', importing(0x02, 0x03, 0, 1), ['threads']],
  ['a memory with its own pages', importing(0x02, 0x08, 0, 16), ['custom-page-sizes']],
  [
    'a minimum that is longer than 32 bits',
    importing(0x02, 0x00, 0x81, 0x80, 0x80, 0x80, 0x80, 0),
    ['memory64'],
  ],
  ['a mutable global', importing(0x03, I32, 0x01), ['mutable-global']],
  ['a tag', importing(0x04, 0x00, 0), ['exceptions']],
  ['an exact function', importing(0x20, 0), ['custom-descriptors']],
  ['two memories', module(section(5, vec([0, 0], [0, 0]))), ['multi-memory']],
  ['two tables', module(section(4, vec([0x70, 0, 0], [0x70, 0, 0]))), ['reference-types']],
  [
    'an initialised table',
    module(section(4, vec([0x40, 0, 0x70, 0, 0, 0xd0, 0x70, 0x0b]))),
    ['function-references', 'reference-types'],
  ],
  ['a data count', module(section(12, 0)), ['bulk-memory']],
  ['a component', component(), []],
  ['an async function', component(componentTypes([0x43, 0, 1, 0])), ['cm-async']],
  ['a stream', component(componentTypes([0x66, 0])), ['cm-async']],
  ['a map', component(componentTypes([0x63, 0x73, 0x7f])), ['cm-map']],
  ['a list of a fixed length', component(componentTypes([0x67, 0x7f, 3])), ['cm-fixed-length-lists']],
  ['an error context', component(componentTypes([0x6f, 1, 0x64])), ['cm-error-context']],
  [
    'an implementation',
    component(
      componentTypes(instanceType()),
      componentImports([0x02, ...name('a'), 1, 0, ...name('a:b/c'), 5, 0]),
    ),
    ['cm-implements'],
  ],
  [
    'nested names',
    component(componentTypes(instanceType()), componentImports([...extern('a:b:c/d'), 5, 0])),
    ['cm-nested-names'],
  ],
  [
    'what nested modules need',
    component(nestedModule(types(func([0x7b]))), nestedModule(section(5, vec([4, 0])))),
    ['memory64', 'simd'],
  ],
  [
    'not several of what several modules have',
    component(nestedModule(section(5, vec([0, 0]))), nestedModule(section(5, vec([0, 0])))),
    [],
  ],
])('%s', async (_, bytes, features) => {
  expect((await inspectBytes(bytes)).features).toEqual(features)
})

describe('use', () => {
  test('is sorted and tells where each is needed first', () => {
    const use = new FeatureUse()
    use.need('simd', 7)
    use.need('simd', 9)
    use.need('gc', 8)
    expect([...use.list()]).toEqual([
      ['gc', 8],
      ['simd', 7],
    ])
  })

  test('names a part only where the whole is not needed', () => {
    const use = new FeatureUse()
    use.need('bulk-memory-opt', 1)
    expect([...use.list().keys()]).toEqual(['bulk-memory-opt'])
    use.need('bulk-memory', 2)
    expect([...use.list().keys()]).toEqual(['bulk-memory'])
  })
})

describe('baselines', () => {
  test('grow, and lime1 lies beside them', () => {
    expect(findUncovered(BASELINES['wasm-1.0'], 'wasm-2.0')).toEqual([])
    expect(findUncovered(BASELINES['wasm-2.0'], 'wasm-3.0')).toEqual([])
    expect(findUncovered(BASELINES['wasm-3.0'], 'wasm-2.0')).toContain('gc')
    expect(findUncovered(BASELINES.lime1, 'wasm-2.0')).toEqual(['extended-const'])
    expect(findUncovered(BASELINES.lime1, 'wasm-3.0')).toEqual([])
  })

  test('what is allowed beside one covers its parts', () => {
    expect(findUncovered(['bulk-memory-opt', 'call-indirect-overlong'], 'wasm-1.0')).toHaveLength(2)
    expect(
      findUncovered(['bulk-memory-opt', 'call-indirect-overlong'], 'wasm-1.0', [
        'bulk-memory',
        'reference-types',
      ]),
    ).toEqual([])
    expect(findUncovered(['bulk-memory'], 'wasm-1.0', ['bulk-memory-opt'])).toEqual(['bulk-memory'])
  })

  test('no version of the specification has threads', () => {
    for (const baseline of ['wasm-1.0', 'wasm-2.0', 'wasm-3.0', 'lime1'] as const)
      expect(findUncovered(['threads'], baseline)).toEqual(['threads'])
  })

  test('are in docs/features.md as they are here, with every feature', () => {
    const page = readFileSync(join(import.meta.dirname, '../../../docs/features.md'), 'utf8')
    const rows = [...page.matchAll(/^\| `([^`]+)` \|(.*)\|(.*)\|(.*)\|(.*)\|(.*)\|$/gm)]
    expect(rows.map(([, feature]) => feature)).toEqual(FEATURES)
    for (const [, feature, ...marks] of rows) {
      const marked = Object.keys(BASELINES).filter((_, at) => marks[at]!.trim() === 'x')
      const covering = Object.keys(BASELINES).filter(
        (baseline) => findUncovered([feature!], baseline as Baseline).length === 0,
      )
      expect([feature, ...marked]).toEqual([feature, ...covering])
    }
  })

  test('names are sorted', () => expect([...FEATURES].toSorted()).toEqual(FEATURES))
})

import { describe, expect, test } from 'vitest'

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
  instanceImport,
  instanceType,
  module,
  name,
  section,
  types,
  vec,
} from '../../support/wasm-builder.ts'
import { inspectBytes, inspectComponent, inspectWit, refusal, without } from '../inspecting.ts'

const EMPTY_FUNC = [0x40, 0x00, 0x01, 0x00]
const functionsOf = async (bytes: Uint8Array): Promise<readonly (readonly string[])[]> =>
  (await inspectComponent(bytes)).imports.map(({ functions }) => functions)

describe('imports', () => {
  test('of instances list the functions that the type has', async () => {
    const bytes = component(
      componentTypes(
        instanceType(
          [0x01, 0x72, ...vec([...name('x'), 0x79])],
          [0x04, ...extern('error'), 0x03, 0x00, 0],
          [0x04, ...extern('descriptor'), 0x03, 0x01],
          [0x01, 0x68, 2],
          [0x01, 0x40, ...vec([...name('self'), 3]), 0x01, 0x00],
          [0x04, ...extern('[method]descriptor.open-at'), 0x01, 4],
        ),
        instanceType([0x01, 0x79], [0x04, ...extern('datetime'), 0x03, 0x00, 0]),
      ),
      componentImports(
        instanceImport('wasi:filesystem/types@0.2.3', 0),
        instanceImport('wasi:clocks/wall-clock@0.2.3', 1),
      ),
    )
    const at = (text: string): number => Buffer.from(bytes).indexOf(text) - 2
    const { imports } = await inspectComponent(bytes)
    expect(imports).toEqual([
      {
        name: 'wasi:filesystem/types@0.2.3',
        kind: 'instance',
        functions: ['[method]descriptor.open-at'],
        offset: at('wasi:filesystem/types@0.2.3'),
      },
      {
        name: 'wasi:clocks/wall-clock@0.2.3',
        kind: 'instance',
        functions: [],
        offset: at('wasi:clocks/wall-clock@0.2.3'),
      },
    ])
  })

  test('may be of every kind', async () => {
    const { imports } = await inspectComponent(
      component(
        section(3, vec([0x50, ...vec([0x00, ...coreImport('env', 'f', 0x02, 0x00, 1)])])),
        componentTypes(EMPTY_FUNC, [0x41, 0x00]),
        componentImports(
          [...extern('log'), 0x01, 0],
          [...extern('mod'), 0x00, 0x11, 0],
          [...extern('val'), 0x02, 0x73],
          [...extern('ty'), 0x03, 0x01],
          [0x01, ...name('comp'), 0x04, 1],
        ),
      ),
    )
    expect(imports.map((each) => [each.name, each.kind])).toEqual([
      ['log', 'func'],
      ['mod', 'module'],
      ['val', 'value'],
      ['ty', 'type'],
      ['comp', 'component'],
    ])
  })

  test('carry the attributes of their names', async () => {
    const { imports } = await inspectComponent(
      component(
        componentTypes(instanceType()),
        componentImports(
          [
            0x02,
            ...name('primary'),
            ...vec(
              [0x00, ...name('wasi:keyvalue/store@0.2')],
              [0x02, ...name('users-db')],
              [0x01, ...name('.1-draft')],
            ),
            0x05,
            0,
          ],
          [0x02, ...name('wasi:cli/exit@0.2'), ...vec([0x01, ...name('.6')]), 0x05, 0],
        ),
      ),
    )
    expect(imports.map((each) => without(each, 'offset', 'kind', 'functions'))).toEqual([
      {
        name: 'primary',
        implements: 'wasi:keyvalue/store@0.2',
        externalId: 'users-db',
        versionSuffix: '.1-draft',
      },
      { name: 'wasi:cli/exit@0.2', versionSuffix: '.6' },
    ])
  })

  test('resolve types through aliases of exports and of outer scopes', async () => {
    const holder = instanceType(
      [0x01, ...instanceType(...functionDeclarations('inner'))],
      [0x04, ...extern('shape'), 0x03, 0x00, 0],
    )
    const borrowing = instanceType([0x02, 0x03, 0x02, 1, 1], [0x04, ...extern('f'), 0x01, 0])
    expect(
      await functionsOf(
        component(
          componentTypes(holder, EMPTY_FUNC, borrowing),
          componentImports(instanceImport('holder', 0), instanceImport('borrowing', 2)),
          section(6, vec([0x03, 0x00, 0, ...name('shape')])),
          componentImports(instanceImport('shaped', 3)),
        ),
      ),
    ).toEqual([[], ['f'], ['inner']])
  })

  test('resolve types that a nested component exports', async () => {
    const inner = component(
      componentTypes(instanceType(...functionDeclarations('deep'))),
      section(11, vec([...extern('shape'), 0x03, 0, 0x00])),
    )
    expect(
      await functionsOf(
        component(
          section(4, inner),
          section(5, vec([0x00, 0, 0x00])),
          section(6, vec([0x03, 0x00, 0, ...name('shape')])),
          componentImports(instanceImport('i', 0)),
        ),
      ),
    ).toEqual([['deep']])
  })

  test('hide nothing that stands in instances inside them', async () => {
    const nested = instanceType(
      [0x01, ...instanceType(...functionDeclarations('open-at'))],
      [0x04, ...extern('wasi:filesystem/types'), 0x05, 0],
      [0x00, 0x50, 0x00],
      [0x04, ...extern('engine'), 0x00, 0x11, 0],
      [0x01, 0x41, 0x00],
      [0x04, ...extern('parts'), 0x04, 1],
    )
    expect(
      await functionsOf(component(componentTypes(nested), componentImports(instanceImport('i', 0)))),
    ).toEqual([['wasi:filesystem/types/open-at', 'module engine', 'component parts']])
  })

  const single = (type: readonly number[], entry: readonly number[]): Uint8Array =>
    component(componentTypes(type), componentImports(entry))

  test.each([
    ['a type that is not there', [...extern('a'), 0x05, 9], 'type 9 does not exist: there are 1 so far'],
    ['a type of another kind', [...extern('a'), 0x05, 0], 'type 0 is a function, expected an instance'],
    ['a kind that nobody knows', [...extern('a'), 0x06, 0], 'expected a kind of import or export'],
    ['a core kind that is no module', [...extern('a'), 0x00, 0x10, 0], 'expected 0x11 for a core module'],
    ['a name without a form', [...extern('Not a Name'), 0x01, 0], '"Not a Name" is not a name'],
    [
      'a name of an unknown encoding',
      [0x03, ...name('a'), 0x01, 0],
      'expected 0x00, 0x01 or 0x02 before a name',
    ],
    ['an unknown attribute', [0x02, ...name('a'), 1, 0x03, 0, 0x01, 0], 'an unknown attribute of a name'],
    [
      'an attribute twice',
      [0x02, ...name('a'), 2, 0x02, 0, 0x02, 0, 0x01, 0],
      'an attribute of a name twice',
    ],
    [
      'an interface that claims to be another',
      [0x02, ...name('wasi:cli/exit'), 1, 0x00, ...name('wasi:random/random'), 0x05, 0],
      '"wasi:cli/exit" is an interface itself and cannot implement "wasi:random/random"',
    ],
    [
      'an implementation of no interface',
      [0x02, ...name('a'), 1, 0x00, ...name('b'), 0x05, 0],
      'implements "b", which is not an interface name',
    ],
    [
      'a function that implements an interface',
      [0x02, ...name('a'), 1, 0x00, ...name('b:c/d'), 0x01, 0],
      '"a" is a func, which cannot implement an interface',
    ],
    [
      'a method that is no function',
      [...extern('[method]a.b'), 0x03, 0x01],
      'is the name of a function, but is a type',
    ],
    [
      'a suffix of no version',
      [0x02, ...name('a:b/c'), 1, 0x01, ...name('.6'), 0x01, 0],
      'which does not complete its version',
    ],
    [
      'a value of an ambiguous type',
      [...extern('a'), 0x02, 0x01, 0x00],
      'an ambiguous encoding of a value type',
    ],
  ])('refuse %s', async (_, entry, message) => {
    expect(await refusal(single(EMPTY_FUNC, entry))).toContain(message)
  })

  test('refuse names that are too much alike', async () => {
    const alike = [...extern('my-log'), 0x01, 0]
    expect(
      await refusal(
        component(componentTypes(EMPTY_FUNC), componentImports(alike, [...extern('MY-LOG'), 0x01, 0])),
      ),
    ).toContain('"MY-LOG" conflicts with another imported name')
  })
})

describe('what is nested', () => {
  const tool = (version: string): number[] =>
    custom('producers', vec([...name('processed-by'), ...vec([...name('rustc'), ...name(version)])]))
  const core = module(
    types(func([])),
    coreImports(coreImport('wasi_snapshot_preview1', 'fd_write', 0x00, 0)),
    tool('1.0'),
  )

  test('counts, tells its tools, and asks the host for nothing', async () => {
    const inner = component(section(1, core), section(1, core), tool('2.0'))
    const { imports, nested, producers, customSections } = await inspectComponent(
      component(section(1, core), section(4, inner), custom('x'), tool('3.0')),
    )
    expect(imports).toEqual([])
    expect(nested).toMatchObject({ modules: 3, components: 1, depth: 2 })
    expect(nested.contents.map(({ kind, depth }) => [kind, depth])).toEqual([
      ['module', 1],
      ['component', 1],
      ['module', 2],
      ['module', 2],
    ])
    expect(producers).toEqual({ 'processed-by': { rustc: '3.0' } })
    expect(nested.contents.map((content) => content.producers['processed-by']!['rustc'])).toEqual([
      '1.0',
      '2.0',
      '1.0',
      '1.0',
    ])
    expect(customSections.map(({ name: title }) => title)).toEqual(['x', 'producers'])
  })

  test('is told in full: where it is, what it imports, holds and starts', async () => {
    const starting = module(
      types(func([])),
      section(3, vec(0)),
      section(4, vec([0x70, 0x01, 2, 3])),
      section(5, vec([0x00, 7])),
      section(8, 0),
      section(10, vec([2, 0, 0x0b])),
    )
    const inner = component(
      componentTypes(instanceType(...functionDeclarations('f'))),
      componentImports(instanceImport('a:b/c', 0)),
      section(1, starting),
      section(9, 0, 0, 0),
    )
    const bytes = component(section(1, core), section(4, inner))
    const { hasStart, nested } = await inspectComponent(bytes)
    expect(hasStart).toBe(false)
    const [first, second, third] = nested.contents
    expect(first).toMatchObject({
      kind: 'module',
      depth: 1,
      size: core.length,
      hasStart: false,
      imports: [{ module: 'wasi_snapshot_preview1', name: 'fd_write' }],
      memories: [],
    })
    expect(second).toMatchObject({
      kind: 'component',
      depth: 1,
      size: inner.length,
      hasStart: true,
      imports: [{ name: 'a:b/c', functions: ['f'] }],
    })
    expect(third).toMatchObject({
      kind: 'module',
      depth: 2,
      size: starting.length,
      hasStart: true,
      memories: [{ min: 7, imported: false }],
      tables: [{ min: 2, max: 3 }],
    })
    for (const { offset, size, kind } of nested.contents)
      expect([kind, (await inspectBytes(bytes.subarray(offset, offset + size))).kind]).toEqual([kind, kind])
  })

  test.each([
    [
      'a component where a module must be',
      section(1, component()),
      'found a component where a nested module is expected',
    ],
    [
      'a module where a component must be',
      section(4, module()),
      'found a module where a nested component is expected',
    ],
    [
      'something else',
      section(1, 1, 2, 3, 4, 5, 6, 7, 8),
      'found no WebAssembly header where a nested module begins',
    ],
    ['nothing', section(1), 'a nested module has no room for its header'],
    [
      'a section that does not fit',
      section(1, module([1, 0x20, 0])),
      'a section of 32 bytes does not fit in the remaining 1 of the nested module or component',
    ],
    [
      'a broken module',
      section(1, module(section(8, 0))),
      'func 0 does not exist: there are 0 (at offset 0x14)',
    ],
  ])('refuses %s', async (_, nested, message) => {
    expect(await refusal(component(nested))).toContain(message)
  })

  test('is refused if it is cut off', async () => {
    const whole = component(section(1, core), section(4, component()))
    for (let size = 9; size < whole.length; size++)
      if (size !== 10 + core.length)
        expect(await refusal(whole.subarray(0, size))).toMatch(/is truncated|cut off/)
  })
})

test('exports are listed, and may be exported again', async () => {
  const { exports } = await inspectComponent(
    component(
      componentTypes(instanceType(...functionDeclarations('run'))),
      componentImports(instanceImport('wasi:cli/run@0.2.0', 0)),
      section(
        11,
        vec([...extern('a'), 0x05, 0, 0x00], [...extern('wasi:cli/run@0.2.3'), 0x05, 1, 0x01, 0x05, 0]),
      ),
      section(5, vec([0x01, ...vec([...extern('x'), 0x05, 2])])),
    ),
  )
  expect(exports).toEqual([
    { name: 'a', kind: 'instance' },
    { name: 'wasi:cli/run@0.2.3', kind: 'instance' },
  ])
})

test.each([
  [
    'an export of what is not there',
    section(11, vec([...extern('a'), 0x05, 0, 0x00])),
    'instance 0 does not exist',
  ],
  [
    'an export as another kind',
    [
      ...componentImports([...extern('t'), 0x03, 0x01]),
      ...section(11, vec([...extern('a'), 0x03, 0, 0x01, 0x02, 0x73])),
    ],
    'a type is exported as a value',
  ],
  [
    'an export of a function that is not there',
    section(11, vec([...extern('a'), 0x01, 0, 0x00])),
    'function 0 does not exist',
  ],
  ['a canonical function that nobody knows', section(8, vec([0x43])), 'a canonical function'],
  [
    'a lifted function of no function type',
    section(8, vec([0x00, 0x00, 0, 0x00, 0])),
    'type 0 does not exist',
  ],
  ['an unknown canonical option', section(8, vec([0x1c, ...vec([0x0a])])), 'a canonical option'],
  ['a handle of what is no resource', componentTypes([0x7f], [0x69, 0]), 'expected a resource'],
  ['a list of what is no value', componentTypes(EMPTY_FUNC, [0x70, 0]), 'is a func, expected a value type'],
  [
    'an alias into an instance that is not there',
    section(6, vec([0x01, 0x00, 3, ...name('f')])),
    'instance 3 does not exist',
  ],
  [
    'an alias beyond the outermost scope',
    section(6, vec([0x03, 0x02, 1, 0])),
    'an outer alias refers beyond the root component',
  ],
  [
    'an alias of a name that is not exported',
    section(6, vec([0x01, 0x00, 0, ...name('f')])),
    'has no func named "f"',
  ],
  ['an alias of an unknown target', section(6, vec([0x01, 0x03, 0, 0])), 'for the target of an alias'],
  ['a section that nobody knows', section(13), 'unknown section id 13'],
  ['bytes left over', section(7, 0, 0), '1 bytes are left over at the end of the type section'],
  ['more items than bytes', section(10, 9), '9 items of the import section are declared'],
  ['a type that nobody knows', componentTypes([0x44]), 'found the byte 0x44, expected a type'],
  [
    'an import in an instance type',
    componentTypes(instanceType([0x03])),
    'a declaration in the type of a instance',
  ],
])('inspect refuses %s', async (what, last, message) => {
  const instance = what.includes('a name that') ? section(5, vec([0x01, 0x00])) : []
  expect(await refusal(component(instance, last))).toContain(message)
})

test('a value type may be of every kind', async () => {
  const { imports } = await inspectComponent(
    component(
      componentTypes(
        [0x7f],
        [0x72, ...vec([...name('a'), 0])],
        [0x71, ...vec([...name('a'), 0x01, 0x73, 0x00], [...name('b'), 0x00, 0x00])],
        [0x70, 0x64],
        [0x67, 0x7d, 4],
        [0x6f, ...vec([0x7f], [1])],
        [0x6e, ...vec(name('f'))],
        [0x6d, ...vec(name('e'))],
        [0x6b, 0x74],
        [0x6a, 0x00, 0x01, 0x73],
        [0x3f, 0x7f, 0x01, 0],
        [0x69, 10],
        [0x68, 10],
        [0x66, 0x01, 0x7d],
        [0x65, 0x00],
        [0x63, 0x73, 0x79],
        [0x43, ...vec([...name('p'), 11]), 0x00, 5],
      ),
      componentImports([...extern('f'), 0x01, 16]),
    ),
  )
  expect(imports).toMatchObject([{ name: 'f', kind: 'func' }])
})

describe('a WIT package', () => {
  const world = [0x41, ...vec([0x01, 0x41, 0x00], [0x04, ...extern('ns:pkg/world'), 0x04, 0])]
  const packaged = section(11, vec([...extern('world'), 0x03, 0, 0x00], [...extern('api'), 0x03, 0, 0x00]))

  test('is told from a component', async () => {
    const { exports } = await inspectWit(
      component(componentTypes(world), packaged, custom('package-docs', 1)),
    )
    expect(exports).toEqual(['world', 'api'])
  })

  test.each([
    ['that has code', component(componentTypes(world), packaged, section(1, module()))],
    [
      'that imports',
      component(componentTypes(world), packaged, componentImports([...extern('t'), 0x03, 0x01])),
    ],
    ['that exports another type', component(componentTypes(EMPTY_FUNC), packaged)],
    ['that exports nothing', component(componentTypes(world))],
  ])('is not a component %s', async (_, bytes) => {
    await inspectComponent(bytes)
  })
})

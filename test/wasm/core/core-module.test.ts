import { describe, expect, test } from 'vitest'

import {
  coreImport,
  coreImports,
  func,
  I32,
  I64,
  leb,
  module,
  name,
  section,
  types,
  vec,
} from '../../support/wasm-builder.ts'
import { inspectModule, refusal, without } from '../inspecting.ts'

const FUNC_REF = 0x70
const typeOf = async (
  entity: readonly number[],
  definitions: readonly number[][] = [func([])],
): Promise<string> => {
  const { imports } = await inspectModule(
    module(types(...definitions), coreImports(coreImport('m', 'n', entity))),
  )
  return imports[0]!.type
}

describe('imports', () => {
  test('have names, kinds, types and offsets, in order and with repetitions', async () => {
    const { imports } = await inspectModule(
      module(
        types(func([I32, I64], [I32]), func([])),
        coreImports(
          coreImport('env', 'b', 0x00, 1),
          coreImport('env', 'a', 0x00, 0),
          coreImport('env', 'b', 0x00, 1),
        ),
      ),
    )
    expect(imports).toEqual([
      { module: 'env', name: 'b', kind: 'func', type: '() -> ()', offset: 0x17 },
      { module: 'env', name: 'a', kind: 'func', type: '(i32, i64) -> (i32)', offset: 0x1f },
      { module: 'env', name: 'b', kind: 'func', type: '() -> ()', offset: 0x27 },
    ])
  })

  test.each([
    ['a memory', [0x02, 0x00, 1], 'memory 1'],
    ['a memory with a maximum', [0x02, 0x01, 1, 2], 'memory 1..2'],
    ['a shared memory', [0x02, 0x03, 1, ...leb(65536)], 'memory 1..65536 shared'],
    ['a memory of 64 bits', [0x02, 0x05, 0, ...leb(2 ** 48)], 'memory i64 0..281474976710656'],
    ['a memory with pages of a byte', [0x02, 0x08, ...leb(65537), 0], 'memory 65537 (pagesize 1)'],
    ['a table', [0x01, FUNC_REF, 0x00, 0], 'table 0 funcref'],
    ['a table with a maximum', [0x01, 0x6f, 0x01, 1, 10], 'table 1..10 externref'],
    ['a global', [0x03, I32, 0x00], 'i32'],
    ['a mutable global', [0x03, 0x7b, 0x01], 'mut v128'],
    ['a shared global', [0x03, 0x65, 0x6e, 0x03], undefined],
    ['a global of a nullable type', [0x03, 0x63, 0x70, 0x00], 'funcref'],
    ['a global of a type that is not nullable', [0x03, 0x64, 0x6f, 0x00], '(ref extern)'],
    ['a global of a defined type', [0x03, 0x63, 0x00, 0x00], '(ref null 0)'],
    ['a global of an exact type', [0x03, 0x64, 0x62, 0x00, 0x00], '(ref (exact 0))'],
    ['a global of an exception', [0x03, 0x69, 0x00], 'exnref'],
  ])('show %s', async (_, entity, expected) => {
    expect(await typeOf(entity)).toBe(expected ?? 'shared mut (ref null (shared any))')
  })

  test('show tags, exact functions, and functions in groups of recursive types', async () => {
    const group = [
      0x4e,
      ...vec([0x5f, ...vec([0x78, 0x01])], [0x50, 0x00, ...func([I32])], [0x4f, 0x00, ...func([], [0x6b])]),
    ]
    expect(await typeOf([0x04, 0x00, 1], [group])).toBe('tag (i32) -> ()')
    expect(await typeOf([0x00, 2], [group])).toBe('() -> (structref)')
    expect(await typeOf([0x20, 3], [group, func([I64])])).toBe('(i64) -> ()')
    expect(await typeOf([0x00, 1], [[0x5e, 0x77, 0x00], func([[0x63, 0x00]])])).toBe('((ref null 0)) -> ()')
    expect(await typeOf([0x00, 0], [func([0x68]), [0x5d, 0x00]])).toBe('(contref) -> ()')
  })

  test('are the same in both compact forms', async () => {
    const each = [name('a'), [0x00, 0], name('b'), [0x02, 0x00, 1]]
    const { imports } = await inspectModule(
      module(
        types(func([I32])),
        coreImports(
          [...name('env'), ...name(''), 0x7f, 2, ...each.flat()],
          [...name('wasi'), ...name(''), 0x7e, 0x00, 0, ...vec(name('c'), name('d'))],
          coreImport('env', '', 0x00, 0),
        ),
      ),
    )
    expect(imports.map((each) => without(each, 'offset'))).toEqual([
      { module: 'env', name: 'a', kind: 'func', type: '(i32) -> ()' },
      { module: 'env', name: 'b', kind: 'memory', type: 'memory 1' },
      { module: 'wasi', name: 'c', kind: 'func', type: '(i32) -> ()' },
      { module: 'wasi', name: 'd', kind: 'func', type: '(i32) -> ()' },
      { module: 'env', name: '', kind: 'func', type: '(i32) -> ()' },
    ])
  })

  test.each([
    ['a kind that nobody knows', [0x05, 0], 'expected a function, table, memory, global or tag'],
    ['a compact form under a name', [0x7f, 0], 'expected a function, table, memory, global or tag'],
    ['a function of a type that is not there', [0x00, 7], 'type 7 is not a function type'],
    [
      'a memory whose maximum is below its minimum',
      [0x02, 0x01, 2, 1],
      'maximum of 1 below its minimum of 2',
    ],
    ['a memory with flags that nobody knows', [0x02, 0x10, 1], 'expected the flags of a memory'],
    ['a shared memory without a maximum', [0x02, 0x02, 1], 'shared memory without a maximum'],
    ['a memory beyond its addresses', [0x02, 0x00, ...leb(65537)], 'larger than its i32 addresses reach'],
    ['a page size of 2', [0x02, 0x08, 1, 1], 'a page size of 2^1 bytes'],
    ['a table of numbers', [0x01, I32, 0x00, 0], 'expected a value type'],
    ['a global with flags that nobody knows', [0x03, I32, 0x04], 'expected 0x00 to 0x03'],
    ['a tag with an attribute', [0x04, 0x01, 0], 'expected 0x00 before the type of a tag'],
    ['a bare type index for a value type', [0x03, 0x05, 0x00], 'found the byte 0x05, expected a value type'],
    ['a name that is no UTF-8', [], 'not valid UTF-8'],
  ])('refuse %s', async (what, entity, message) => {
    const entry = what.startsWith('a name') ? [1, 0xff, 0, 0, 0] : coreImport('m', 'n', entity)
    expect(await refusal(module(types(), coreImports(entry)))).toContain(message)
  })
})

describe('exports', () => {
  test('are listed with their kinds', async () => {
    const { exports, hasStart } = await inspectModule(
      module(
        types(func([])),
        section(3, vec(0)),
        section(5, vec([0x00, 1])),
        section(7, vec([...name('memory'), 0x02, 0], [...name('_start'), 0x00, 0])),
        section(8, 0),
        section(10, vec([0x02, 0x00, 0x0b])),
      ),
    )
    expect(exports).toEqual([
      { name: 'memory', kind: 'memory' },
      { name: '_start', kind: 'func' },
    ])
    expect(hasStart).toBe(true)
  })

  test('must be there', async () => {
    expect(await refusal(module(section(7, vec([...name('f'), 0x00, 0]))))).toBe(
      'func 0 does not exist: there are 0 (at offset 0xe)',
    )
    expect(await refusal(module(section(8, 3)))).toContain('func 3 does not exist')
  })

  test('must have names of their own', async () => {
    const memory = [...name('m'), 0x02, 0]
    expect(await refusal(module(section(5, vec([0, 1])), section(7, vec(memory, memory))))).toContain(
      'the name "m" is exported twice',
    )
  })
})

test.each([
  [
    'a type that refers to one behind it',
    module(types(func([[0x63, 1]]), func([]))),
    'type 1 does not exist: there are 1',
  ],
  [
    'a group that refers to one behind it',
    module(types([0x4e, 1, ...func([[0x63, 1]])])),
    'type 1 does not exist: there are 1',
  ],
  [
    'a global of a type that is not there',
    module(coreImports(coreImport('', '', 0x03, 0x63, 0, 0))),
    'type 0 does not exist: there are 0',
  ],
  ['a continuation of a type that is not there', module(types([0x5d, 1])), 'type 1 does not exist'],
  ['a supertype that is not there', module(types([0x50, 1, 1, ...func([])])), 'type 1 does not exist'],
  [
    'a type of two supertypes',
    module(types(func([]), [0x50, 2, 0, 0, ...func([])])),
    'a type with 2 supertypes, at most 1 is allowed',
  ],
  [
    'a descriptor of a function',
    module(types([0x4d, 0, ...func([])])),
    'a descriptor of a type other than a struct',
  ],
  [
    'a table that begins with what it must not hold',
    module(section(4, vec([0x64, 0x70, 0, 0]))),
    'must not be null has no initial value',
  ],
  [
    'a table of more elements than it has addresses',
    module(section(4, vec([0x70, 0x04, 0], [0x70, 0, 0x80, 0x80, 0x80, 0x80, 0x10]))),
    'a table larger than its i32 addresses reach',
  ],
])('%s is refused', async (_, bytes, message) => {
  expect(await refusal(bytes)).toContain(message)
})

test('memories and tables are listed with imported ones first', async () => {
  const { memories, tables } = await inspectModule(
    module(
      coreImports(coreImport('m', 'mem', 0x02, 0x01, 1, 2), coreImport('m', 'tab', 0x01, FUNC_REF, 0x00, 3)),
      section(4, vec([0x40, 0x00, FUNC_REF, 0x00, 4, 0xd0, FUNC_REF, 0x0b], [0x6f, 0x05, 5, 6])),
      section(5, vec([0x0c, 9, 0])),
    ),
  )
  expect(memories).toEqual([
    { min: 1, max: 2, shared: false, index: 'i32', imported: true },
    { min: 9, shared: false, index: 'i64', pageSize: 1, imported: false },
  ])
  expect(tables).toEqual([
    { min: 3, shared: false, index: 'i32', imported: true },
    { min: 4, shared: false, index: 'i32', imported: false },
    { min: 5, max: 6, shared: false, index: 'i64', imported: false },
  ])
})

test('a table may be initialised by every kind of constant', async () => {
  const expression = [
    [0x41, 0x7f],
    [0x42, 0x80, 0x01],
    [0x43, 0, 0, 0, 0],
    [0x44, 0, 0, 0, 0, 0, 0, 0, 0],
    [0xfd, 0x0c, ...Array.from({ length: 16 }, () => 0x0b)],
    [0x23, 0],
    [0xd2, 0],
    [0xfb, 0x08, 0, 2],
    [0xfb, 0x1c],
    [0x6a],
    [0x0b],
  ].flat()
  const table = (bytes: readonly number[]): Uint8Array =>
    module(section(4, vec([0x40, 0x00, FUNC_REF, 0x00, 1, ...bytes])))
  expect((await inspectModule(table(expression))).tables).toHaveLength(1)
  expect(await refusal(table([0x10, 0, 0x0b]))).toContain('found the byte 0x10, expected a constant')
  expect(await refusal(table([0xfb, 0x02, 0x0b]))).toContain('expected a constant')
})

describe('sections', () => {
  const type = types(func([]))
  const functions = section(3, vec(0))
  const code = section(10, vec([0x02, 0x00, 0x0b]))

  test('may stand in their order, tags between memories and globals', async () => {
    const bytes = module(
      type,
      section(2, vec()),
      functions,
      section(4, vec()),
      section(5, vec()),
      section(13, vec([0x00, 0])),
      section(6, vec([I32, 0x00, 0x41, 0x00, 0x0b])),
      section(7, vec([...name('t'), 0x04, 0], [...name('g'), 0x03, 0])),
      section(8, 0),
      section(9, vec()),
      section(12, 1),
      code,
      section(11, vec([0x01, 0x00])),
    )
    expect((await inspectModule(bytes)).exports.map(({ kind }) => kind)).toEqual(['tag', 'global'])
  })

  test.each([
    [
      'the import section after the function section',
      [type, section(2, vec()), functions, section(2, vec())],
    ],
    ['the tag section after the global section', [section(6, vec()), section(13, vec())]],
    ['the data count section after the code section', [code, section(12, 0)]],
  ])('refuse %s', async (message, sections) => {
    const refused = await refusal(
      module(...(message.startsWith('the data') ? [type, functions] : []), ...sections),
    )
    expect(refused).toContain(`found ${message}`)
  })

  test.each([
    ['a second one', [type, type], 'duplicate type section'],
    ['one that nobody knows', [section(14)], 'unknown section id 14'],
    ['bytes left over', [section(1, 0, 0xff)], '1 bytes are left over at the end of the type section'],
    ['functions without bodies', [type, functions], '1 functions, but 0 function bodies'],
    ['bodies without functions', [code], '0 functions, but 1 function bodies'],
    [
      'more functions than bytes',
      [type, section(3, leb(5), 0)],
      '5 functions are declared, but only 1 bytes follow',
    ],
    [
      'data that was not declared',
      [section(12, 2), section(11, vec([0x01, 0x00]))],
      '2 declared data segments, but 1',
    ],
    ['a start section with more than an index', [type, functions, section(8, 0, 0)], '1 bytes are left over'],
    [
      'a size of six bytes',
      [[1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00]],
      'the size of a section does not fit in 32 bits',
    ],
    [
      'a custom section whose name is longer than it',
      [section(0, 5, 0x61)],
      "a custom section's name is longer than",
    ],
    ['a custom section without a name', [section(0)], "the length of a custom section's name is cut off"],
    [
      'a custom section whose name is no UTF-8',
      [section(0, 1, 0x80)],
      "a custom section's name is not valid UTF-8",
    ],
    [
      'too many parameters',
      [types(func(Array.from({ length: 1001 }, () => I32)))],
      '1001 parameters, the limit is 1000',
    ],
    ['a type that nobody knows', [types([0x61])], 'found the byte 0x61, expected a type'],
  ])('refuse %s', async (_, sections, message) => {
    expect(await refusal(module(...sections))).toContain(message)
  })

  test.each([
    ['loaded', types(func([I32, I32]))],
    ['passed over', section(9, vec(0, 0, 0))],
    ['custom', section(0, name('x'), [1, 2, 3])],
  ])('refuse a file that ends inside one that is %s', async (_, last) => {
    const whole = module(last)
    for (let size = 9; size < whole.length; size++)
      expect(await refusal(whole.subarray(0, size))).toMatch(
        /cut off|the file is truncated in|is longer than/,
      )
    await inspectModule(whole)
  })
})

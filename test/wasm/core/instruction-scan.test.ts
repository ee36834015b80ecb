import { readFileSync } from 'node:fs'

import { describe, expect, test } from 'vitest'

import { WasmpackError } from '../../../src/errors.ts'
import { BinaryReader } from '../../../src/wasm/binary/binary-reader.ts'
import { createBytesCursor } from '../../../src/wasm/binary/bytes-cursor.ts'
import { inspectBinary } from '../../../src/wasm/inspect-binary.ts'
import { readWhileStreaming } from '../../../src/wasm/read-stream.ts'
import { type FeatureScan, InstructionScan } from '../../../src/wasm/core/instruction-scan.ts'
import { scanFeatures } from '../scan-features.ts'
import { PASS } from '../../../src/wasm/core/immediates.ts'
import { type Instruction, INSTRUCTIONS, PREFIXED } from '../../../src/wasm/core/opcodes.ts'
import { fixturePath, readFixture } from '../../support/fixtures.ts'
import {
  component,
  coreImport,
  coreImports,
  custom,
  func,
  I32,
  I64,
  leb,
  module,
  section,
  types,
  vec,
} from '../../support/wasm-builder.ts'
import { inspectBytes } from '../inspecting.ts'

const END = 0x0b
const scan = (bytes: Uint8Array): Promise<FeatureScan> => scanFeatures(createBytesCursor(bytes))

async function refusal(bytes: Uint8Array): Promise<string> {
  const error: unknown = await scan(bytes).then(
    () => new Error('the binary was accepted'),
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof WasmpackError) || error.code !== 'MODULE_MALFORMED') throw error
  return error.message
}

const body = (...code: readonly number[]): number[] => [...leb(code.length + 2), 0, ...code, END]
const functions = (count: number): number[] => section(3, vec(...Array<number>(count).fill(0)))
const code = (...bodies: readonly number[][]): number[] => section(10, vec(...bodies))
/** A module of one function without locals. */
const program = (...instructions: readonly number[]): Uint8Array =>
  module(types(func([])), functions(1), code(body(...instructions)))
const featuresOf = async (bytes: Uint8Array): Promise<string[]> => [...(await scan(bytes)).features.keys()]

describe('every instruction', () => {
  const source = readFileSync(fixturePath('edge/every-instruction', '.wat'), 'utf8')
  const texts = [...source.matchAll(/^ {2}\(func ?(.*)\)$/gm)].map(([, text]) => text!)
  const all = [INSTRUCTIONS, ...PREFIXED.values()].flatMap((table) =>
    table.filter((entry) => entry !== undefined),
  )

  test('of the tables stands in the source, in the order of the tables', () => {
    const named = texts.map((text) => (text === '' ? 'end' : text.split(' ')))
    expect(named).toHaveLength(all.length)
    for (const [at, { name }] of all.entries()) expect(named[at]).toContain(name)
  })

  test('is decoded as the source says', () => {
    const names = new Set(all.map(({ name }) => name))
    const decoded = bodiesOf(readFixture('edge/every-instruction')).map(decode)
    const written = texts.map((text) =>
      `${text.replaceAll(/\(.*?\)/g, '')} end`.split(' ').filter((word) => names.has(word)),
    )
    expect(decoded).toEqual(written)
  })

  test('is counted', async () => {
    const { functions: count, instructions, features } = await scan(readFixture('edge/every-instruction'))
    expect(count).toBe(all.length)
    expect(instructions).toBe(bodiesOf(readFixture('edge/every-instruction')).flatMap(decode).length)
    for (const { feature } of all)
      if (feature !== undefined) expect([...features.keys(), 'bulk-memory-opt']).toContain(feature)
  })

  test('is cut off anywhere and refused', async () => {
    for (const bytes of bodiesOf(readFixture('edge/every-instruction')))
      for (let length = 1; length < bytes.length; length++) {
        const cut = bytes.slice(0, length)
        const whole = module(types(func([])), functions(1), section(12, 0), section(10, 1, leb(length), cut))
        await expect(scan(whole)).rejects.toThrow(WasmpackError)
      }
  })
})

/** The bytes of each function body. */
function bodiesOf(binary: Uint8Array): Uint8Array[] {
  const reader = new BinaryReader(binary.subarray(8), 8)
  for (;;) {
    const id = reader.byte('a section')
    const content = reader.bytes(reader.u32('a size'), 'a section')
    if (id !== 10) continue
    const bodies = new BinaryReader(content, 0)
    return Array.from({ length: bodies.u32('a count') }, () => bodies.bytes(bodies.u32('a size'), 'a body'))
  }
}

/** The names of a body's instructions, by the tables alone. */
function decode(bytes: Uint8Array): string[] {
  const reader = new BinaryReader(bytes, 0)
  expect(reader.u32('locals')).toBe(0)
  const names: string[] = []
  while (reader.left > 0) {
    const opcode = reader.byte('an opcode')
    const instruction: Instruction | undefined =
      PREFIXED.get(opcode)?.[reader.u32('an opcode')] ?? INSTRUCTIONS[opcode]
    for (const immediate of instruction!.immediates) PASS[immediate](reader)
    names.push(instruction!.name)
  }
  return names
}

describe('features', () => {
  test('come with the offset of what needs them first, those of types too', async () => {
    const bytes = module(types(func([], [I32, I32])), functions(2), code(body(0xc0), body(0xc0, 0xfc, 0)))
    expect([...(await scan(bytes)).features]).toEqual([
      ['multi-value', 0x0b],
      ['saturating-float-to-int', 0x1f],
      ['sign-extension', 0x1a],
    ])
  })

  test.each([
    ['memory.copy and memory.fill alone', [0xfc, 0x0a, 0, 0, 0xfc, 0x0b, 0], ['bulk-memory-opt']],
    ['an access to another memory', [0x28, 0x42, 1, 0], ['multi-memory']],
    ['an access to an array', [0x28, 0x22, 0, 0], ['multibyte-array-access']],
    ['an ordered access', [0xfe, 0x10, 0x12, 1, 0], ['acquire-release-atomics', 'threads']],
    ['an ordered exchange', [0xfe, 0x1e, 0x12, 0x11, 0], ['acquire-release-atomics', 'threads']],
    ['a fence', [0xfe, 0x03, 0], ['threads']],
    ['an ordered fence', [0xfe, 0x03, 1], ['acquire-release-atomics', 'threads']],
    ['an offset of more than 32 bits', [0x28, 2, 0x80, 0x80, 0x80, 0x80, 0x10], ['memory64']],
    ['an offset of 32 bits', [0x28, 2, 0xff, 0xff, 0xff, 0xff, 0x0f], []],
    ['the size of the memory', [0x3f, 0], []],
    ['the size of the memory, longer', [0x3f, 0x80, 0], ['multi-memory']],
    ['an indirect call', [0x11, 0, 0], []],
    ['an indirect call, longer', [0x11, 0, 0x80, 0], ['call-indirect-overlong']],
    ['a block with a result', [0x02, I32, END], []],
    ['a block with a vector', [0x02, 0x7b, END], ['simd']],
    ['a block with parameters', [0x02, 0, END], ['multi-value']],
    ['a null function', [0xd0, 0x70], ['reference-types']],
    ['a cast to a function', [0xfb, 0x16, 0x70], ['function-references', 'gc', 'reference-types']],
    ['a cast to a null function', [0xfb, 0x17, 0x70], ['gc', 'reference-types']],
    ['a tail call', [0x12, 0], ['tail-call']],
    ['exceptions', [0x1f, 0x40, 0, END], ['exceptions']],
    ['exceptions as they were', [0x06, 0x40, 0x19, END], ['legacy-exceptions']],
  ])('%s', async (_, instructions, features) => {
    expect(await featuresOf(program(...instructions))).toEqual(features)
  })

  const GLOBAL = section(6, vec([I32, 1, 0x41, 0, END]))
  test.each([
    ['a mutable global', module(GLOBAL), []],
    ['an exported mutable global', module(GLOBAL, section(7, vec([0, 3, 0]))), ['mutable-global']],
    ['arithmetic', module(section(6, vec([I64, 0, 0x42, 1, 0x42, 2, 0x7c, END]))), ['extended-const']],
    [
      'an imported global',
      module(coreImports(coreImport('', '', 3, I32, 0)), section(6, vec([I32, 0, 0x23, 0, END]))),
      [],
    ],
    ['a global of its own', module(section(6, vec([I32, 0, 0x41, 0, END], [I32, 0, 0x23, 0, END]))), ['gc']],
    ['a passive data segment', module(section(11, vec([1, 0]))), ['bulk-memory']],
    ['a passive element segment', module(section(9, vec([1, 0, 0]))), ['bulk-memory']],
    ['elements that are expressions', module(section(9, vec([4, 0x41, 0, END, 0]))), ['reference-types']],
    ['elements', module(section(9, vec([0, 0x41, 0, END, 0]))), []],
    ['what is nested', component(section(1, program(0xc0))), ['sign-extension']],
  ])('of %s', async (_, bytes, features) => {
    expect(await featuresOf(bytes)).toEqual(features)
  })

  test('an inspection proves some of them without a scan, and the same ones beside it', async () => {
    const bytes = module(types(func([0x7b])), functions(1), code(body(0xc0)))
    const both = new InstructionScan()
    const pass = readWhileStreaming(chunksOf(bytes), (cursor) => inspectBinary(cursor, both))
    for await (const _ of pass.chunks);
    expect((await pass.result).features).toEqual(['simd'])
    expect([...both.result.features.keys()]).toEqual(['sign-extension', 'simd'])
    expect((await inspectBytes(bytes)).features).toEqual(['simd'])
  })

  test('what a module declares of itself is no part of it', async () => {
    const declared = custom(
      'target_features',
      2,
      0x2b,
      3,
      ...Buffer.from('foo'),
      0x2d,
      4,
      ...Buffer.from('simd'),
    )
    expect(await featuresOf(module(declared))).toEqual([])
    expect((await inspectBytes(module(declared))).declaredFeatures).toEqual(['foo'])
  })
})

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 3) yield bytes.slice(at, at + 3)
}

describe('refused', () => {
  const locals = (...groups: readonly number[][]): Uint8Array =>
    module(types(func([])), functions(1), code([...leb(vec(...groups).length + 1), ...vec(...groups), END]))

  test.each([
    ['an unknown instruction', program(0xff), 'unknown instruction 0xff'],
    ['an unknown instruction behind a prefix', program(0xfc, 0x7f), 'unknown instruction 0xfc 0x7f'],
    ['a block that is not closed', program(0x02, 0x40), 'an instruction is cut off'],
    ['code behind the end', program(END, 0x01), 'left over at the end of a function body'],
    ['an else without an if', program(0x05), 'found else outside of a matching block'],
    ['a second else', program(0x04, 0x40, 0x05, 0x05, END), 'found else outside of a matching block'],
    ['a catch without a try', program(0x02, 0x40, 0x07, 0, END), 'found catch outside of a matching block'],
    [
      'a delegate of a catch',
      program(0x06, 0x40, 0x07, 0, 0x18, 0),
      'found delegate outside of a matching block',
    ],
    ['too many locals', locals([...leb(50_000), I32], [1, I32]), '50001 locals, the limit is 50000'],
    [
      'an overlong number',
      program(0x41, 0x80, 0x80, 0x80, 0x80, 0x80, 0),
      'does not fit in a signed 32-bit integer',
    ],
    [
      'a number with wrong unused bits',
      program(0x41, 0x80, 0x80, 0x80, 0x80, 0x08),
      'does not fit in a signed 32-bit',
    ],
    ['unknown flags of an access', program(0x28, ...leb(0x80), 0), 'flags of a memory access'],
    ['both targets of an access', program(0x28, 0x60, 0, 0), 'flags of a memory access'],
    ['an ordering without atomicity', program(0x28, 0x10, 0, 0), 'not atomic has an ordering'],
    ['memory.init without a data count', program(0xfc, 0x08, 0, 0), 'memory.init needs a data count section'],
    [
      'a body that is larger than its section',
      module(types(func([])), functions(1), section(10, 1, 9, 0, END)),
      'does not fit into the code section',
    ],
    [
      'an enormous body',
      module(types(func([])), functions(1), section(10, 1, leb(7_654_322))),
      'the limit is 7654321',
    ],
    [
      'bytes behind the last body',
      module(types(func([])), functions(1), section(10, 1, body(), 0)),
      'left over at the end of the code section',
    ],
    ['a global without an initial value', module(section(6, vec([I32, 0]))), 'is cut off'],
    ['an initial value that is none', module(section(6, vec([I32, 0, 0x01, END]))), 'expected a constant'],
    [
      'an unknown kind of element segment',
      module(section(9, vec([8, 0, 0]))),
      'expected the flags of an element segment',
    ],
    [
      'an unknown kind of data segment',
      module(section(11, vec([3, 0, 0]))),
      'expected the kind of a data segment',
    ],
    [
      'a data segment that is too long',
      module(section(11, vec([1, 2, 0]))),
      'does not fit into the data section',
    ],
    [
      'bytes behind the last data segment',
      module(section(11, 1, [1, 0, 7])),
      'left over at the end of the data section',
    ],
  ])('%s', async (_, bytes, message) => {
    expect(await refusal(bytes)).toContain(message)
    if (!message.includes('section')) await expect(inspectBytes(bytes)).resolves.toBeDefined()
  })
})

describe('data segments', () => {
  test('may have long offsets and many bytes, and lie close together', async () => {
    const long = [0x41, 0, ...Array.from({ length: 5_000 }, () => [0x41, 1, 0x6a]).flat(), END]
    const segments = [
      [0, ...long, ...leb(9_000), ...Array<number>(9_000).fill(7)],
      ...Array.from({ length: 500 }, () => [1, 1, 1]),
    ]
    expect(await featuresOf(module(section(11, vec(...segments))))).toEqual(['bulk-memory', 'extended-const'])
  })
})

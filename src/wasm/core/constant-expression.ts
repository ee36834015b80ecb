import { type BinaryReader, createUnexpectedByteError } from '../binary/binary-reader.ts'
import { readHeapType } from './core-types.ts'
import type { Feature } from '../binary/features.ts'

const END = 0x0b
const GLOBAL_GET = 0x23
const AGGREGATE = 0xfb
const VECTOR = 0xfd
const ATOMIC = 0xfe
const WHAT = 'a constant expression'

interface Constant {
  readonly feature?: Feature
  readonly pass?: (reader: BinaryReader) => void
}

const passOneIndex = (reader: BinaryReader): void => void reader.u32(WHAT)
const passTwoIndices = (reader: BinaryReader): void => (passOneIndex(reader), passOneIndex(reader))
const arithmetic: Constant = { feature: 'extended-const' }

const CONSTANTS: ReadonlyMap<number, Constant> = new Map<number, Constant>([
  [0x41, { pass: (reader) => reader.passSigned(32, WHAT) }],
  [0x42, { pass: (reader) => reader.passSigned(64, WHAT) }],
  [0x43, { pass: (reader) => void reader.bytes(4, WHAT) }],
  [0x44, { pass: (reader) => void reader.bytes(8, WHAT) }],
  ...[0x6a, 0x6b, 0x6c, 0x7c, 0x7d, 0x7e].map((opcode): [number, Constant] => [opcode, arithmetic]),
  [0xd0, { feature: 'reference-types', pass: (reader) => void readHeapType(reader) }],
  [0xd2, { feature: 'reference-types', pass: passOneIndex }],
])

/** Instructions with a prefix that are constant: new structs, arrays, i31 and vectors, and conversions of references. */
const PREFIXED: ReadonlyMap<number, ReadonlyMap<number, Constant>> = new Map([
  [
    AGGREGATE,
    new Map<number, Constant>([
      ...[0, 1, 6, 7].map((opcode): [number, Constant] => [opcode, { feature: 'gc', pass: passOneIndex }]),
      [8, { feature: 'gc', pass: passTwoIndices }],
      ...[26, 27, 28].map((opcode): [number, Constant] => [opcode, { feature: 'gc' }]),
      ...[32, 33].map((opcode): [number, Constant] => [
        opcode,
        { feature: 'custom-descriptors', pass: passOneIndex },
      ]),
    ]),
  ],
  [VECTOR, new Map([[12, { feature: 'simd', pass: (reader) => void reader.bytes(16, WHAT) }]])],
  [ATOMIC, new Map([[0x72, { feature: 'shared-everything-threads' }]])],
])

/**
 * Skips an expression that initialises a global, a table, a segment or an element. Imported globals have always been constant;
 * others are with gc.
 * https://webassembly.github.io/spec/core/valid/instructions.html#constant-expressions
 */
export function passConstantExpression(reader: BinaryReader, importedGlobals: number): void {
  const { features } = reader
  for (;;) {
    const { offset } = reader
    const opcode = reader.byte(WHAT)
    if (opcode === END) return
    if (opcode === GLOBAL_GET) {
      if (reader.u32(WHAT) >= importedGlobals) features.need('gc', offset)
      continue
    }
    const prefixed = PREFIXED.get(opcode)
    const constant = prefixed ? prefixed.get(reader.u32(WHAT)) : CONSTANTS.get(opcode)
    if (!constant) throw createUnexpectedByteError(opcode, 'a constant', offset)
    if (constant.feature !== undefined) features.need(constant.feature, offset)
    if (constant.feature === 'custom-descriptors') features.need('gc', offset)
    constant.pass?.(reader)
  }
}

import { type BinaryReader, unexpected } from './binary-reader.ts'
import { readHeapType } from './core-types.ts'

const END = 0x0b
const VECTOR = 0xfd
const AGGREGATE = 0xfb
const V128_CONST = 12
const SHARED = 0xfe
const REF_I31_SHARED = 0x72
const WHAT = 'a constant expression'

const u32 = (reader: BinaryReader): void => void reader.u32(WHAT)
const nothing = (): void => {}

const IMMEDIATES: ReadonlyMap<number, (reader: BinaryReader) => void> = new Map([
  [0x23, u32],
  [0x41, (reader) => void reader.signed(32, WHAT)],
  [0x42, (reader) => void reader.signed(64, WHAT)],
  [0x43, (reader) => void reader.bytes(4, WHAT)],
  [0x44, (reader) => void reader.bytes(8, WHAT)],
  [0x6a, nothing],
  [0x6b, nothing],
  [0x6c, nothing],
  [0x7c, nothing],
  [0x7d, nothing],
  [0x7e, nothing],
  [0xd0, (reader) => void readHeapType(reader)],
  [0xd2, u32],
])

/** After 0xfb: how many type indices and counts follow each instruction that makes a struct, an array or an i31. */
const AGGREGATE_IMMEDIATES: ReadonlyMap<number, number> = new Map([
  [0, 1],
  [1, 1],
  [6, 1],
  [7, 1],
  [8, 2],
  [26, 0],
  [27, 0],
  [28, 0],
  [32, 1],
  [33, 1],
])

/**
 * Passes over the expression that initialises a table.
 * https://webassembly.github.io/spec/core/valid/instructions.html#constant-expressions
 */
export function passConstantExpression(reader: BinaryReader): void {
  for (;;) {
    const offset = reader.offset
    const opcode = reader.byte(WHAT)
    if (opcode === END) return
    if (opcode === VECTOR) {
      if (reader.u32(WHAT) !== V128_CONST) throw unexpected(opcode, 'a constant', offset)
      reader.bytes(16, WHAT)
      continue
    }
    if (opcode === SHARED) {
      if (reader.u32(WHAT) !== REF_I31_SHARED) throw unexpected(opcode, 'a constant', offset)
      continue
    }
    if (opcode === AGGREGATE) {
      const immediates = AGGREGATE_IMMEDIATES.get(reader.u32(WHAT))
      if (immediates === undefined) throw unexpected(opcode, 'a constant', offset)
      for (let left = immediates; left > 0; left--) reader.u32(WHAT)
      continue
    }
    const immediate = IMMEDIATES.get(opcode)
    if (!immediate) throw unexpected(opcode, 'a constant', offset)
    immediate(reader)
  }
}

import type { BinaryReader } from '../binary/binary-reader.ts'
import { readValueType } from './core-types.ts'
import { PASS } from './immediates.ts'
import { LOCALS_LIMIT } from '../binary/limits.ts'
import { formatHex, createMalformedError } from '../binary/malformed.ts'
import { type Instruction, INSTRUCTIONS, PREFIXED } from './opcodes.ts'

/** Kinds of open blocks, by the instructions that may continue them. */
const [BLOCK, IF, TRY, CATCH] = [0, 1, 2, 3]

interface Decoded extends Instruction {
  readonly pass: readonly ((reader: BinaryReader) => void)[]
  readonly usesData: boolean
}

const decodeInstruction = (instruction: Instruction | undefined): Decoded | undefined =>
  instruction && {
    ...instruction,
    pass: instruction.immediates.map((immediate) => PASS[immediate]),
    usesData: instruction.immediates.includes('data-index'),
  }

const DECODED: readonly (Decoded | undefined)[] = INSTRUCTIONS.map(decodeInstruction)
const DECODED_PREFIXED: readonly (readonly (Decoded | undefined)[] | undefined)[] = Array.from(
  { length: 0x100 },
  (_, prefix) => PREFIXED.get(prefix)?.map(decodeInstruction),
)

/**
 * Reads function bodies instruction by instruction and checks opcodes, immediates and the nesting of blocks, but not types.
 */
export class InstructionReader {
  /** The number of instructions read, including ends of blocks and bodies. */
  count = 0
  #open = new Uint8Array(64)

  /** Reads one body, which the reader holds completely. */
  readBody(reader: BinaryReader, hasDataCount: boolean): void {
    passLocals(reader)
    this.#open[0] = BLOCK
    for (let depth = 1; depth > 0;) {
      const { offset } = reader
      const opcode = reader.byte('an instruction')
      const instruction = this.#decode(reader, opcode, offset)
      if (instruction.feature !== undefined) reader.features.need(instruction.feature, offset)
      if (instruction.usesData && !hasDataCount)
        throw createMalformedError(`${instruction.name} needs a data count section`, offset)
      for (const pass of instruction.pass) pass(reader)
      depth = this.#nest(opcode, depth, offset)
      this.count++
    }
    reader.end('a function body')
  }

  #decode(reader: BinaryReader, opcode: number, offset: number): Decoded {
    const prefixed = DECODED_PREFIXED[opcode]
    if (prefixed === undefined) {
      const instruction = DECODED[opcode]
      if (!instruction) throw createMalformedError(`unknown instruction ${formatHex(opcode)}`, offset)
      return instruction
    }
    const second = reader.u32('an instruction')
    const instruction = prefixed[second]
    if (!instruction)
      throw createMalformedError(`unknown instruction ${formatHex(opcode)} ${formatHex(second)}`, offset)
    return instruction
  }

  /** How many blocks are open after an instruction. */
  #nest(opcode: number, depth: number, offset: number): number {
    switch (opcode) {
      case 0x02: // block
      case 0x03: // loop
      case 0x1f: // try_table
        return this.#enter(BLOCK, depth)
      case 0x04: // if
        return this.#enter(IF, depth)
      case 0x06: // try
        return this.#enter(TRY, depth)
      case 0x05: // else
        this.#expect(depth, [IF], 'else', offset)
        return this.#enter(BLOCK, depth - 1)
      case 0x07: // catch
        this.#expect(depth, [TRY, CATCH], 'catch', offset)
        return this.#enter(CATCH, depth - 1)
      case 0x19: // catch_all
        this.#expect(depth, [TRY, CATCH], 'catch_all', offset)
        return this.#enter(BLOCK, depth - 1)
      case 0x18: // delegate
        this.#expect(depth, [TRY], 'delegate', offset)
        return depth - 1
      case 0x0b: // end
        return depth - 1
      default:
        return depth
    }
  }

  #enter(kind: number, depth: number): number {
    if (depth === this.#open.length) {
      const larger = new Uint8Array(2 * depth)
      larger.set(this.#open)
      this.#open = larger
    }
    this.#open[depth] = kind
    return depth + 1
  }

  #expect(depth: number, kinds: readonly number[], found: string, offset: number): void {
    if (!kinds.includes(this.#open[depth - 1]!))
      throw createMalformedError(`found ${found} outside of a matching block`, offset)
  }
}

function passLocals(reader: BinaryReader): void {
  let total = 0
  for (let left = reader.count('groups of locals'); left > 0; left--) {
    const { offset } = reader
    total += reader.u32('the number of locals')
    if (total > LOCALS_LIMIT)
      throw createMalformedError(`${total} locals, the limit is ${LOCALS_LIMIT}`, offset)
    readValueType(reader)
  }
}

import { type BinaryReader, unexpected } from './binary-reader.ts'
import type { Scope } from './component-scope.ts'
import type { FunctionDefinition } from './component-type.ts'
import { readFlag, readValue } from './component-values.ts'
import { readValueType } from './core-types.ts'
import { malformed } from './malformed.ts'

const LIFT = 0x00
const OPTIONS_LIMIT = 10

/**
 * The operands of the built-in functions by their byte: u an index or number, o options, f a flag, v a core value type,
 * r an optional result, z a zero byte. The ones with a second byte of their own, lift and lower, begin with z.
 */
const OPERANDS: Readonly<Record<number, string>> = {
  0x01: 'zuo', // lower
  0x02: 'u', // resource.new, drop, rep
  0x03: 'u',
  0x04: 'u',
  0x05: '', // task.cancel
  0x06: 'f', // subtask.cancel
  0x08: '', // backpressure.set, of drafts
  0x09: 'ro', // task.return
  0x0a: 'vu', // context.get, set
  0x0b: 'vu',
  0x0c: 'f', // thread.yield
  0x0d: '', // subtask.drop
  0x0e: 'u', // stream.new, read, write, cancel-read, cancel-write, drop-readable, drop-writable
  0x0f: 'uo',
  0x10: 'uo',
  0x11: 'uf',
  0x12: 'uf',
  0x13: 'u',
  0x14: 'u',
  0x15: 'u', // the same of a future
  0x16: 'uo',
  0x17: 'uo',
  0x18: 'uf',
  0x19: 'uf',
  0x1a: 'u',
  0x1b: 'u',
  0x1c: 'o', // error-context.new, debug-message, drop
  0x1d: 'o',
  0x1e: '',
  0x1f: '', // waitable-set.new, wait, poll, drop, waitable.join
  0x20: 'fu',
  0x21: 'fu',
  0x22: '',
  0x23: '',
  0x24: '', // backpressure.inc, dec
  0x25: '',
  0x26: '', // thread.index, new-indirect, resume-later, suspend, and what switches between two
  0x27: 'uu',
  0x28: '',
  0x29: 'f',
  0x2a: 'f',
  0x2b: 'f',
  0x2c: 'f',
  0x2d: 'f',
  0x2e: 'u', // stream.forward, future.forward
  0x2f: 'u',
  0x40: 'u', // thread.spawn-ref, spawn-indirect, available-parallelism
  0x41: 'uu',
  0x42: '',
}

/**
 * Reads one item of the section of canonical functions: a core function that is lifted adds a function to the scope, the
 * others are core functions, which nothing outside sees.
 * https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md#canonical-definitions
 */
export function readCanonical(reader: BinaryReader, scope: Scope): void {
  const offset = reader.offset
  const opcode = reader.byte('a canonical function')
  if (opcode !== LIFT) {
    const operands = OPERANDS[opcode]
    if (operands === undefined) throw unexpected(opcode, 'a canonical function', offset)
    for (const operand of operands) passOperand(reader, operand, scope)
    return
  }
  passOperand(reader, 'z', scope)
  passOperand(reader, 'u', scope)
  passOperand(reader, 'o', scope)
  const at = reader.offset
  scope.add({ kind: 'func', type: scope.typeOf<FunctionDefinition>('func', reader.u32('a type index'), at) })
}

function passOperand(reader: BinaryReader, operand: string, scope: Scope): void {
  const offset = reader.offset
  switch (operand) {
    case 'u':
      reader.u32('an operand of a canonical function')
      return
    case 'f':
      readFlag(reader, 'an operand of a canonical function')
      return
    case 'v':
      readValueType(reader)
      return
    case 'z':
      if (reader.byte('a canonical function') !== 0)
        throw malformed('found no 0x00 as the second byte of a canonical function', offset)
      return
    case 'r':
      if (!readFlag(reader, 'a result')) readValue(reader, scope)
      else if (reader.byte('a result') !== 0) throw malformed('found a result where none is expected', offset)
      return
    case 'o':
      for (let left = reader.count('canonical options', OPTIONS_LIMIT); left > 0; left--) passOption(reader)
  }
}

/** 0 to 2 are encodings of strings, 6 is async, 9 is GC; the others are followed by an index. */
function passOption(reader: BinaryReader): void {
  const offset = reader.offset
  const option = reader.byte('a canonical option')
  if (option > 0x09) throw unexpected(option, 'a canonical option', offset)
  if (![0x00, 0x01, 0x02, 0x06, 0x09].includes(option)) reader.u32('an index')
}

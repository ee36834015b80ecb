import { type BinaryReader, createUnexpectedByteError } from '../binary/binary-reader.ts'
import type { ComponentScope } from './component-scope.ts'
import type { FunctionDefinition } from '../types/shape.ts'
import { readFlag, readValue } from './value-types.ts'
import { readValueType } from '../core/core-types.ts'
import type { Feature, FeatureUse } from '../binary/features.ts'
import { createMalformedError } from '../binary/malformed.ts'

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

/** Features of the built-in functions, by ranges of bytes. */
const NEEDS: readonly (readonly [first: number, last: number, feature: Feature])[] = [
  [0x05, 0x1b, 'cm-async'],
  [0x1c, 0x1e, 'cm-error-context'],
  [0x1f, 0x25, 'cm-async'],
  [0x26, 0x2d, 'cm-threading'],
  [0x2e, 0x2f, 'cm-async'],
  [0x2e, 0x2f, 'cm-forward'],
  [0x40, 0x42, 'shared-everything-threads'],
]
/** Built-ins that need cm-more-async-builtins: blocking reads and writes, and asynchronous cancels. */
const READS_AND_WRITES: ReadonlySet<number> = new Set([0x0f, 0x10, 0x16, 0x17])
const CANCELS: ReadonlySet<number> = new Set([0x06, 0x11, 0x12, 0x18, 0x19])
const CONTEXTS: ReadonlySet<number> = new Set([0x0a, 0x0b])

const [ASYNC, CALLBACK, CORE_TYPE, GC] = [0x06, 0x07, 0x08, 0x09]

/**
 * Reads one canonical definition: a lifted function is added to the scope; the others are core functions, which stay inside.
 * https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md#canonical-definitions
 */
export function readCanonical(reader: BinaryReader, scope: ComponentScope): void {
  const offset = reader.offset
  const opcode = reader.byte('a canonical function')
  if (opcode !== LIFT) {
    const operands = OPERANDS[opcode]
    if (operands === undefined) throw createUnexpectedByteError(opcode, 'a canonical function', offset)
    const values = operands.split('').map((operand) => passOperand(reader, operand, scope))
    noteFeatures(reader.features, opcode, values, offset)
    return
  }
  passOperand(reader, 'z', scope)
  passOperand(reader, 'u', scope)
  const options = passOptions(reader)
  if (options.includes(ASYNC) && !options.includes(CALLBACK))
    reader.features.need('cm-async-stackful', offset)
  const at = reader.offset
  scope.add({ kind: 'func', type: scope.typeOf<FunctionDefinition>('func', reader.u32('a type index'), at) })
}

type Operand = number | boolean | string | readonly number[] | undefined

function noteFeatures(
  features: FeatureUse,
  opcode: number,
  operands: readonly Operand[],
  offset: number,
): void {
  for (const [first, last, feature] of NEEDS)
    if (opcode >= first && opcode <= last) features.need(feature, offset)
  const [first, second] = operands
  const waits = READS_AND_WRITES.has(opcode) && !(second as readonly number[]).includes(ASYNC)
  if (waits || (CANCELS.has(opcode) && operands.includes(true)))
    features.need('cm-more-async-builtins', offset)
  if (!CONTEXTS.has(opcode)) return
  if (first === 'i64') features.need('cm64', offset)
  if (second !== 0) features.need('cm-threading', offset)
}

function passOperand(reader: BinaryReader, operand: string, scope: ComponentScope): Operand {
  const offset = reader.offset
  switch (operand) {
    case 'u':
      return reader.u32('an operand of a canonical function')
    case 'f':
      return readFlag(reader, 'an operand of a canonical function')
    case 'v':
      return readValueType(reader)
    case 'z':
      if (reader.byte('a canonical function') !== 0)
        throw createMalformedError('found no 0x00 as the second byte of a canonical function', offset)
      return undefined
    case 'r':
      if (!readFlag(reader, 'a result')) readValue(reader, scope)
      else if (reader.byte('a result') !== 0)
        throw createMalformedError('found a result where none is expected', offset)
      return undefined
    default:
      return passOptions(reader)
  }
}

const passOptions = (reader: BinaryReader): number[] =>
  Array.from({ length: reader.count('canonical options', OPTIONS_LIMIT) }, () => passOption(reader))

/** Options 0 to 2 are string encodings; all others except async and gc have an index. */
function passOption(reader: BinaryReader): number {
  const offset = reader.offset
  const option = reader.byte('a canonical option')
  if (option > 0x09) throw createUnexpectedByteError(option, 'a canonical option', offset)
  if (option === ASYNC) reader.features.need('cm-async', offset)
  if (option === CORE_TYPE || option === GC) reader.features.need('cm-gc', offset)
  if (![0x00, 0x01, 0x02, ASYNC, GC].includes(option)) reader.u32('an index')
  return option
}

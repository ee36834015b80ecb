import type { Feature } from '../binary/features.ts'

/** A kind of immediate of an instruction. */
export type Immediate =
  | 'address'
  | 'atomic-address'
  | 'block-type'
  | 'branches'
  | 'cast'
  | 'catches'
  | 'data-index'
  | 'fence-ordering'
  | 'f32'
  | 'f64'
  | 'handlers'
  | 'heap-type'
  | 'heap-type-not-null'
  | 'i32'
  | 'i64'
  | 'index'
  | 'lane'
  | 'memory-index'
  | 'ordering'
  | 'rmw-address'
  | 'table-index'
  | 'v128'
  | 'value-types'

/** An instruction: its name in the text format, its immediates, and the feature that introduced it. */
export interface Instruction {
  readonly name: string
  readonly immediates: readonly Immediate[]
  readonly feature: Feature | undefined
}

/** Instructions with consecutive opcodes and the same feature and immediates. */
type Run = readonly [
  first: number,
  feature: Feature | undefined,
  immediates: readonly Immediate[],
  names: string,
]

/** https://webassembly.github.io/spec/core/appendix/index-instructions.html, and the proposals beyond. */
const PLAIN: readonly Run[] = [
  [0x00, undefined, [], 'unreachable nop'],
  [0x02, undefined, ['block-type'], 'block loop if'],
  [0x05, undefined, [], 'else'],
  [0x06, 'legacy-exceptions', ['block-type'], 'try'],
  [0x07, 'legacy-exceptions', ['index'], 'catch'],
  [0x08, 'exceptions', ['index'], 'throw'],
  [0x09, 'legacy-exceptions', ['index'], 'rethrow'],
  [0x0a, 'exceptions', [], 'throw_ref'],
  [0x0b, undefined, [], 'end'],
  [0x0c, undefined, ['index'], 'br br_if'],
  [0x0e, undefined, ['branches'], 'br_table'],
  [0x0f, undefined, [], 'return'],
  [0x10, undefined, ['index'], 'call'],
  [0x11, undefined, ['index', 'table-index'], 'call_indirect'],
  [0x12, 'tail-call', ['index'], 'return_call'],
  [0x13, 'tail-call', ['index', 'index'], 'return_call_indirect'],
  [0x14, 'function-references', ['index'], 'call_ref return_call_ref'],
  [0x18, 'legacy-exceptions', ['index'], 'delegate'],
  [0x19, 'legacy-exceptions', [], 'catch_all'],
  [0x1a, undefined, [], 'drop select'],
  [0x1c, 'reference-types', ['value-types'], 'select'],
  [0x1f, 'exceptions', ['catches'], 'try_table'],
  [0x20, undefined, ['index'], 'local.get local.set local.tee global.get global.set'],
  [0x25, 'reference-types', ['index'], 'table.get table.set'],
  [
    0x28,
    undefined,
    ['address'],
    `i32.load i64.load f32.load f64.load i32.load8_s i32.load8_u i32.load16_s i32.load16_u i64.load8_s
     i64.load8_u i64.load16_s i64.load16_u i64.load32_s i64.load32_u i32.store i64.store f32.store f64.store
     i32.store8 i32.store16 i64.store8 i64.store16 i64.store32`,
  ],
  [0x3f, undefined, ['memory-index'], 'memory.size memory.grow'],
  [0x41, undefined, ['i32'], 'i32.const'],
  [0x42, undefined, ['i64'], 'i64.const'],
  [0x43, undefined, ['f32'], 'f32.const'],
  [0x44, undefined, ['f64'], 'f64.const'],
  [
    0x45,
    undefined,
    [],
    `i32.eqz i32.eq i32.ne i32.lt_s i32.lt_u i32.gt_s i32.gt_u i32.le_s i32.le_u i32.ge_s i32.ge_u i64.eqz
     i64.eq i64.ne i64.lt_s i64.lt_u i64.gt_s i64.gt_u i64.le_s i64.le_u i64.ge_s i64.ge_u f32.eq f32.ne
     f32.lt f32.gt f32.le f32.ge f64.eq f64.ne f64.lt f64.gt f64.le f64.ge i32.clz i32.ctz i32.popcnt i32.add
     i32.sub i32.mul i32.div_s i32.div_u i32.rem_s i32.rem_u i32.and i32.or i32.xor i32.shl i32.shr_s
     i32.shr_u i32.rotl i32.rotr i64.clz i64.ctz i64.popcnt i64.add i64.sub i64.mul i64.div_s i64.div_u
     i64.rem_s i64.rem_u i64.and i64.or i64.xor i64.shl i64.shr_s i64.shr_u i64.rotl i64.rotr f32.abs f32.neg
     f32.ceil f32.floor f32.trunc f32.nearest f32.sqrt f32.add f32.sub f32.mul f32.div f32.min f32.max
     f32.copysign f64.abs f64.neg f64.ceil f64.floor f64.trunc f64.nearest f64.sqrt f64.add f64.sub f64.mul
     f64.div f64.min f64.max f64.copysign i32.wrap_i64 i32.trunc_f32_s i32.trunc_f32_u i32.trunc_f64_s
     i32.trunc_f64_u i64.extend_i32_s i64.extend_i32_u i64.trunc_f32_s i64.trunc_f32_u i64.trunc_f64_s
     i64.trunc_f64_u f32.convert_i32_s f32.convert_i32_u f32.convert_i64_s f32.convert_i64_u f32.demote_f64
     f64.convert_i32_s f64.convert_i32_u f64.convert_i64_s f64.convert_i64_u f64.promote_f32
     i32.reinterpret_f32 i64.reinterpret_f64 f32.reinterpret_i32 f64.reinterpret_i64`,
  ],
  [0xc0, 'sign-extension', [], 'i32.extend8_s i32.extend16_s i64.extend8_s i64.extend16_s i64.extend32_s'],
  [0xd0, 'reference-types', ['heap-type'], 'ref.null'],
  [0xd1, 'reference-types', [], 'ref.is_null'],
  [0xd2, 'reference-types', ['index'], 'ref.func'],
  [0xd3, 'gc', [], 'ref.eq'],
  [0xd4, 'function-references', [], 'ref.as_non_null'],
  [0xd5, 'function-references', ['index'], 'br_on_null br_on_non_null'],
  [0xe0, 'stack-switching', ['index'], 'cont.new'],
  [0xe1, 'stack-switching', ['index', 'index'], 'cont.bind'],
  [0xe2, 'stack-switching', ['index'], 'suspend'],
  [0xe3, 'stack-switching', ['index', 'handlers'], 'resume'],
  [0xe4, 'stack-switching', ['index', 'index', 'handlers'], 'resume_throw'],
  [0xe5, 'stack-switching', ['index', 'handlers'], 'resume_throw_ref'],
  [0xe6, 'stack-switching', ['index', 'index'], 'switch'],
]

/** Structures, arrays and casts: after the byte 0xfb. */
const AGGREGATE: readonly Run[] = [
  [0x00, 'gc', ['index'], 'struct.new struct.new_default'],
  [0x02, 'gc', ['index', 'index'], 'struct.get struct.get_s struct.get_u struct.set'],
  [0x06, 'gc', ['index'], 'array.new array.new_default'],
  [0x08, 'gc', ['index', 'index'], 'array.new_fixed'],
  [0x09, 'gc', ['index', 'data-index'], 'array.new_data'],
  [0x0a, 'gc', ['index', 'index'], 'array.new_elem'],
  [0x0b, 'gc', ['index'], 'array.get array.get_s array.get_u array.set'],
  [0x0f, 'gc', [], 'array.len'],
  [0x10, 'gc', ['index'], 'array.fill'],
  [0x11, 'gc', ['index', 'index'], 'array.copy'],
  [0x12, 'gc', ['index', 'data-index'], 'array.init_data'],
  [0x13, 'gc', ['index', 'index'], 'array.init_elem'],
  [0x14, 'gc', ['heap-type-not-null'], 'ref.test'],
  [0x15, 'gc', ['heap-type'], 'ref.test'],
  [0x16, 'gc', ['heap-type-not-null'], 'ref.cast'],
  [0x17, 'gc', ['heap-type'], 'ref.cast'],
  [0x18, 'gc', ['cast'], 'br_on_cast br_on_cast_fail'],
  [0x1a, 'gc', [], 'any.convert_extern extern.convert_any ref.i31 i31.get_s i31.get_u'],
  [0x20, 'custom-descriptors', ['index'], 'struct.new_desc struct.new_default_desc ref.get_desc'],
  [0x23, 'custom-descriptors', ['heap-type-not-null'], 'ref.cast_desc_eq'],
  [0x24, 'custom-descriptors', ['heap-type'], 'ref.cast_desc_eq'],
  [0x25, 'custom-descriptors', ['cast'], 'br_on_cast_desc_eq br_on_cast_desc_eq_fail'],
]

/** Saturating conversions, bulk memory, tables, wide arithmetic: after the byte 0xfc. */
const MISCELLANEOUS: readonly Run[] = [
  [
    0x00,
    'saturating-float-to-int',
    [],
    `i32.trunc_sat_f32_s i32.trunc_sat_f32_u i32.trunc_sat_f64_s i32.trunc_sat_f64_u i64.trunc_sat_f32_s
     i64.trunc_sat_f32_u i64.trunc_sat_f64_s i64.trunc_sat_f64_u`,
  ],
  [0x08, 'bulk-memory', ['data-index', 'index'], 'memory.init'],
  [0x09, 'bulk-memory', ['data-index'], 'data.drop'],
  [0x0a, 'bulk-memory-opt', ['index', 'index'], 'memory.copy'],
  [0x0b, 'bulk-memory-opt', ['index'], 'memory.fill'],
  [0x0c, 'bulk-memory', ['index', 'index'], 'table.init'],
  [0x0d, 'bulk-memory', ['index'], 'elem.drop'],
  [0x0e, 'bulk-memory', ['index', 'index'], 'table.copy'],
  [0x0f, 'reference-types', ['index'], 'table.grow table.size table.fill'],
  [0x12, 'memory-control', ['index'], 'memory.discard'],
  [0x13, 'wide-arithmetic', [], 'i64.add128 i64.sub128 i64.mul_wide_s i64.mul_wide_u'],
]

/** Vectors: after the byte 0xfd. */
const VECTOR: readonly Run[] = [
  [
    0x00,
    'simd',
    ['address'],
    `v128.load v128.load8x8_s v128.load8x8_u v128.load16x4_s v128.load16x4_u v128.load32x2_s v128.load32x2_u
     v128.load8_splat v128.load16_splat v128.load32_splat v128.load64_splat v128.store`,
  ],
  [0x0c, 'simd', ['v128'], 'v128.const i8x16.shuffle'],
  [0x0e, 'simd', [], 'i8x16.swizzle i8x16.splat i16x8.splat i32x4.splat i64x2.splat f32x4.splat f64x2.splat'],
  [
    0x15,
    'simd',
    ['lane'],
    `i8x16.extract_lane_s i8x16.extract_lane_u i8x16.replace_lane i16x8.extract_lane_s i16x8.extract_lane_u
     i16x8.replace_lane i32x4.extract_lane i32x4.replace_lane i64x2.extract_lane i64x2.replace_lane
     f32x4.extract_lane f32x4.replace_lane f64x2.extract_lane f64x2.replace_lane`,
  ],
  [
    0x23,
    'simd',
    [],
    `i8x16.eq i8x16.ne i8x16.lt_s i8x16.lt_u i8x16.gt_s i8x16.gt_u i8x16.le_s i8x16.le_u i8x16.ge_s
     i8x16.ge_u i16x8.eq i16x8.ne i16x8.lt_s i16x8.lt_u i16x8.gt_s i16x8.gt_u i16x8.le_s i16x8.le_u
     i16x8.ge_s i16x8.ge_u i32x4.eq i32x4.ne i32x4.lt_s i32x4.lt_u i32x4.gt_s i32x4.gt_u i32x4.le_s
     i32x4.le_u i32x4.ge_s i32x4.ge_u f32x4.eq f32x4.ne f32x4.lt f32x4.gt f32x4.le f32x4.ge f64x2.eq f64x2.ne
     f64x2.lt f64x2.gt f64x2.le f64x2.ge v128.not v128.and v128.andnot v128.or v128.xor v128.bitselect
     v128.any_true`,
  ],
  [
    0x54,
    'simd',
    ['address', 'lane'],
    `v128.load8_lane v128.load16_lane v128.load32_lane v128.load64_lane v128.store8_lane v128.store16_lane
     v128.store32_lane v128.store64_lane`,
  ],
  [0x5c, 'simd', ['address'], 'v128.load32_zero v128.load64_zero'],
  [
    0x5e,
    'simd',
    [],
    `f32x4.demote_f64x2_zero f64x2.promote_low_f32x4 i8x16.abs i8x16.neg i8x16.popcnt i8x16.all_true
     i8x16.bitmask i8x16.narrow_i16x8_s i8x16.narrow_i16x8_u f32x4.ceil f32x4.floor f32x4.trunc f32x4.nearest
     i8x16.shl i8x16.shr_s i8x16.shr_u i8x16.add i8x16.add_sat_s i8x16.add_sat_u i8x16.sub i8x16.sub_sat_s
     i8x16.sub_sat_u f64x2.ceil f64x2.floor i8x16.min_s i8x16.min_u i8x16.max_s i8x16.max_u f64x2.trunc
     i8x16.avgr_u i16x8.extadd_pairwise_i8x16_s i16x8.extadd_pairwise_i8x16_u i32x4.extadd_pairwise_i16x8_s
     i32x4.extadd_pairwise_i16x8_u i16x8.abs i16x8.neg i16x8.q15mulr_sat_s i16x8.all_true i16x8.bitmask
     i16x8.narrow_i32x4_s i16x8.narrow_i32x4_u i16x8.extend_low_i8x16_s i16x8.extend_high_i8x16_s
     i16x8.extend_low_i8x16_u i16x8.extend_high_i8x16_u i16x8.shl i16x8.shr_s i16x8.shr_u i16x8.add
     i16x8.add_sat_s i16x8.add_sat_u i16x8.sub i16x8.sub_sat_s i16x8.sub_sat_u f64x2.nearest i16x8.mul
     i16x8.min_s i16x8.min_u i16x8.max_s i16x8.max_u`,
  ],
  [
    0x9b,
    'simd',
    [],
    `i16x8.avgr_u i16x8.extmul_low_i8x16_s i16x8.extmul_high_i8x16_s i16x8.extmul_low_i8x16_u
     i16x8.extmul_high_i8x16_u i32x4.abs i32x4.neg`,
  ],
  [0xa3, 'simd', [], 'i32x4.all_true i32x4.bitmask'],
  [
    0xa7,
    'simd',
    [],
    `i32x4.extend_low_i16x8_s i32x4.extend_high_i16x8_s i32x4.extend_low_i16x8_u i32x4.extend_high_i16x8_u
     i32x4.shl i32x4.shr_s i32x4.shr_u i32x4.add`,
  ],
  [0xb1, 'simd', [], 'i32x4.sub'],
  [0xb5, 'simd', [], 'i32x4.mul i32x4.min_s i32x4.min_u i32x4.max_s i32x4.max_u i32x4.dot_i16x8_s'],
  [
    0xbc,
    'simd',
    [],
    `i32x4.extmul_low_i16x8_s i32x4.extmul_high_i16x8_s i32x4.extmul_low_i16x8_u i32x4.extmul_high_i16x8_u
     i64x2.abs i64x2.neg`,
  ],
  [0xc3, 'simd', [], 'i64x2.all_true i64x2.bitmask'],
  [
    0xc7,
    'simd',
    [],
    `i64x2.extend_low_i32x4_s i64x2.extend_high_i32x4_s i64x2.extend_low_i32x4_u i64x2.extend_high_i32x4_u
     i64x2.shl i64x2.shr_s i64x2.shr_u i64x2.add`,
  ],
  [0xd1, 'simd', [], 'i64x2.sub'],
  [
    0xd5,
    'simd',
    [],
    `i64x2.mul i64x2.eq i64x2.ne i64x2.lt_s i64x2.gt_s i64x2.le_s i64x2.ge_s i64x2.extmul_low_i32x4_s
     i64x2.extmul_high_i32x4_s i64x2.extmul_low_i32x4_u i64x2.extmul_high_i32x4_u f32x4.abs f32x4.neg`,
  ],
  [
    0xe3,
    'simd',
    [],
    `f32x4.sqrt f32x4.add f32x4.sub f32x4.mul f32x4.div f32x4.min f32x4.max f32x4.pmin f32x4.pmax f64x2.abs
     f64x2.neg`,
  ],
  [
    0xef,
    'simd',
    [],
    `f64x2.sqrt f64x2.add f64x2.sub f64x2.mul f64x2.div f64x2.min f64x2.max f64x2.pmin f64x2.pmax
     i32x4.trunc_sat_f32x4_s i32x4.trunc_sat_f32x4_u f32x4.convert_i32x4_s f32x4.convert_i32x4_u
     i32x4.trunc_sat_f64x2_s_zero i32x4.trunc_sat_f64x2_u_zero f64x2.convert_low_i32x4_s
     f64x2.convert_low_i32x4_u`,
  ],
  [
    0x100,
    'relaxed-simd',
    [],
    `i8x16.relaxed_swizzle i32x4.relaxed_trunc_f32x4_s i32x4.relaxed_trunc_f32x4_u
     i32x4.relaxed_trunc_f64x2_s_zero i32x4.relaxed_trunc_f64x2_u_zero f32x4.relaxed_madd f32x4.relaxed_nmadd
     f64x2.relaxed_madd f64x2.relaxed_nmadd i8x16.relaxed_laneselect i16x8.relaxed_laneselect
     i32x4.relaxed_laneselect i64x2.relaxed_laneselect f32x4.relaxed_min f32x4.relaxed_max f64x2.relaxed_min
     f64x2.relaxed_max i16x8.relaxed_q15mulr_s i16x8.relaxed_dot_i8x16_i7x16_s
     i32x4.relaxed_dot_i8x16_i7x16_add_s`,
  ],
]

/** Atomics: after the byte 0xfe. */
const ATOMIC: readonly Run[] = [
  [0x00, 'threads', ['address'], 'memory.atomic.notify memory.atomic.wait32 memory.atomic.wait64'],
  [0x03, 'threads', ['fence-ordering'], 'atomic.fence'],
  [0x04, 'acquire-release-atomics', [], 'pause'],
  [
    0x10,
    'threads',
    ['atomic-address'],
    `i32.atomic.load i64.atomic.load i32.atomic.load8_u i32.atomic.load16_u i64.atomic.load8_u
     i64.atomic.load16_u i64.atomic.load32_u i32.atomic.store i64.atomic.store i32.atomic.store8
     i32.atomic.store16 i64.atomic.store8 i64.atomic.store16 i64.atomic.store32`,
  ],
  [
    0x1e,
    'threads',
    ['rmw-address'],
    `i32.atomic.rmw.add i64.atomic.rmw.add i32.atomic.rmw8.add_u i32.atomic.rmw16.add_u i64.atomic.rmw8.add_u
     i64.atomic.rmw16.add_u i64.atomic.rmw32.add_u i32.atomic.rmw.sub i64.atomic.rmw.sub
     i32.atomic.rmw8.sub_u i32.atomic.rmw16.sub_u i64.atomic.rmw8.sub_u i64.atomic.rmw16.sub_u
     i64.atomic.rmw32.sub_u i32.atomic.rmw.and i64.atomic.rmw.and i32.atomic.rmw8.and_u
     i32.atomic.rmw16.and_u i64.atomic.rmw8.and_u i64.atomic.rmw16.and_u i64.atomic.rmw32.and_u
     i32.atomic.rmw.or i64.atomic.rmw.or i32.atomic.rmw8.or_u i32.atomic.rmw16.or_u i64.atomic.rmw8.or_u
     i64.atomic.rmw16.or_u i64.atomic.rmw32.or_u i32.atomic.rmw.xor i64.atomic.rmw.xor i32.atomic.rmw8.xor_u
     i32.atomic.rmw16.xor_u i64.atomic.rmw8.xor_u i64.atomic.rmw16.xor_u i64.atomic.rmw32.xor_u
     i32.atomic.rmw.xchg i64.atomic.rmw.xchg i32.atomic.rmw8.xchg_u i32.atomic.rmw16.xchg_u
     i64.atomic.rmw8.xchg_u i64.atomic.rmw16.xchg_u i64.atomic.rmw32.xchg_u i32.atomic.rmw.cmpxchg
     i64.atomic.rmw.cmpxchg i32.atomic.rmw8.cmpxchg_u i32.atomic.rmw16.cmpxchg_u i64.atomic.rmw8.cmpxchg_u
     i64.atomic.rmw16.cmpxchg_u i64.atomic.rmw32.cmpxchg_u`,
  ],
  [
    0x4f,
    'shared-everything-threads',
    ['ordering', 'index'],
    `global.atomic.get global.atomic.set global.atomic.rmw.add global.atomic.rmw.sub global.atomic.rmw.and
     global.atomic.rmw.or global.atomic.rmw.xor global.atomic.rmw.xchg global.atomic.rmw.cmpxchg
     table.atomic.get table.atomic.set table.atomic.rmw.xchg table.atomic.rmw.cmpxchg`,
  ],
  [
    0x5c,
    'shared-everything-threads',
    ['ordering', 'index', 'index'],
    `struct.atomic.get struct.atomic.get_s struct.atomic.get_u struct.atomic.set struct.atomic.rmw.add
     struct.atomic.rmw.sub struct.atomic.rmw.and struct.atomic.rmw.or struct.atomic.rmw.xor
     struct.atomic.rmw.xchg struct.atomic.rmw.cmpxchg`,
  ],
  [
    0x67,
    'shared-everything-threads',
    ['ordering', 'index'],
    `array.atomic.get array.atomic.get_s array.atomic.get_u array.atomic.set array.atomic.rmw.add
     array.atomic.rmw.sub array.atomic.rmw.and array.atomic.rmw.or array.atomic.rmw.xor array.atomic.rmw.xchg
     array.atomic.rmw.cmpxchg`,
  ],
  [0x72, 'shared-everything-threads', [], 'ref.i31_shared'],
]

/** By opcode; those with a prefix by their second number. */
export const INSTRUCTIONS: readonly (Instruction | undefined)[] = createTable(PLAIN)
export const PREFIXED: ReadonlyMap<number, readonly (Instruction | undefined)[]> = new Map([
  [0xfb, createTable(AGGREGATE)],
  [0xfc, createTable(MISCELLANEOUS)],
  [0xfd, createTable(VECTOR)],
  [0xfe, createTable(ATOMIC)],
])

function createTable(runs: readonly Run[]): (Instruction | undefined)[] {
  const instructions: (Instruction | undefined)[] = []
  for (const [first, feature, immediates, names] of runs)
    for (const [at, name] of names.split(/\s+/).entries())
      instructions[first + at] = { name, immediates, feature }
  return instructions
}

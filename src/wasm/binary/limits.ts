import { createMalformedError } from './malformed.ts'

/**
 * Limits for one binary, including nested ones. Real binaries stay far below; engines share most of them:
 * https://webassembly.github.io/spec/js-api/#limits
 */
export const LIMITS = {
  sections: 100_000,
  'nested modules and components': 1_000,
  types: 1_000_000,
  'component types': 100_000,
  instances: 100_000,
  imports: 100_000,
  exports: 1_000_000,
  memories: 1_000,
  tables: 100_000,
  /** Items of imported instances, an instance type counted again for each import that refers to it. */
  'imported items': 10_000,
  /** In UTF-16 units, including repetitions; without the exports of core modules, which cannot repeat. */
  'characters of names and types': 2 * 1024 * 1024,
} as const

export type Counted = keyof typeof LIMITS

/** In bytes. */
export const NAME_LIMIT = 100_000
/** In bytes; of a section that is loaded. Code, data and debugging sections are not. */
export const SECTION_LIMIT = 64 * 1024 * 1024
/** Of components in components, and of types in types. */
export const NESTING_LIMIT = 32
/** Of types nested in types, as in engines. */
export const COMPONENT_TYPE_DEPTH_LIMIT = 100
/** Of instances and components that one type passes through. */
export const SUBSTITUTION_LIMIT = 1_000
export const PARAMETERS_LIMIT = 1_000
/** In bytes; of one function. */
export const BODY_LIMIT = 7_654_321
export const LOCALS_LIMIT = 50_000
/** Of the handlers of one instruction. */
export const HANDLERS_LIMIT = 10_000
/** In bytes, of the head of a data segment: its kind and offset expression. */
export const SEGMENT_HEAD_LIMIT = 1024 * 1024
/** In bytes; longer descriptive custom sections are skipped, as nothing depends on them. */
export const METADATA_LIMIT = 64 * 1024
export const PRODUCERS_LIMIT = 1024 * 1024

/** Counts the items of one binary; throws MODULE_MALFORMED beyond a limit. */
export class Quota {
  readonly #spent: Partial<Record<Counted, number>> = {}

  spend(what: Counted, amount: number, offset: number): void {
    const spent = (this.#spent[what] ?? 0) + amount
    if (spent > LIMITS[what])
      throw createMalformedError(`too many ${what}, the limit is ${LIMITS[what]}`, offset)
    this.#spent[what] = spent
  }
}

import type { ComponentTypes } from './shape.ts'
import type { Feature } from '../binary/features.ts'
import type { ObjectFormat } from '../binary/object-format.ts'

/**
 * What was read from a binary: the only basis of every check. `wit` is a WIT package, which has types and no code.
 * https://webassembly.github.io/spec/core/binary/modules.html
 * https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md
 */
export type Inspection = ModuleInspection | ComponentInspection | WitInspection

interface Inspected {
  /** In bytes. */
  readonly size: number
  /**
   * Features that its types, limits and sections, and those of nested binaries, prove it needs; sorted. Features that only
   * instructions need are found by a scan.
   */
  readonly features: readonly Feature[]
  /** Features declared by its toolchain, in LLVM's names; not verified. */
  readonly declaredFeatures?: readonly string[]
  /** Of the binary itself, in order; without those of nested binaries. */
  readonly customSections: readonly CustomSection[]
  /** https://github.com/WebAssembly/tool-conventions/blob/main/ProducersSection.md, of the binary itself. */
  readonly producers: Producers
  /**
   * Descriptive custom sections that wasm-metadata writes, as far as there are any: name, version, description, authors,
   * licenses, source, homepage, revision.
   */
  readonly metadata: Readonly<Record<string, string>>
}

export interface ModuleInspection extends Inspected {
  readonly kind: 'module'
  /** In binary order; Go lists some twice, and so does this. */
  readonly imports: readonly CoreImport[]
  readonly exports: readonly CoreExport[]
  /** Defined and imported ones, in index order. */
  readonly memories: readonly Limits[]
  readonly tables: readonly Limits[]
  readonly hasStart: boolean
}

export interface ComponentInspection extends Inspected {
  readonly kind: 'component'
  /** Of the root component: only these reach the host. */
  readonly imports: readonly ComponentImport[]
  readonly exports: readonly ComponentExport[]
  /** Whether it has a start section of its own; start functions of its core modules are in `nested`. */
  readonly hasStart: boolean
  readonly nested: Nesting
  readonly types: ComponentTypes
}

/** Binaries nested in a component. Their imports are satisfied inside, never by the host. */
export interface Nesting {
  /** How many core modules and components there are, at any depth. */
  readonly modules: number
  readonly components: number
  /** Of the deepest: 1 if all lie directly in the root, 0 if there are none. */
  readonly depth: number
  /** In binary order, each before the binaries that it nests. */
  readonly contents: readonly NestedBinary[]
}

export type NestedBinary = NestedModule | NestedComponent

interface Nested {
  /** As its name section has it. */
  readonly name?: string
  /** 1 lies directly in the root. */
  readonly depth: number
  /** Absolute, of its first byte. */
  readonly offset: number
  /** In bytes. */
  readonly size: number
  readonly hasStart: boolean
  /** Its own, in order. */
  readonly customSections: readonly CustomSection[]
  readonly producers: Producers
}

export interface NestedModule extends Nested {
  readonly kind: 'module'
  readonly imports: readonly CoreImport[]
  readonly memories: readonly Limits[]
  readonly tables: readonly Limits[]
}

export interface NestedComponent extends Nested {
  readonly kind: 'component'
  readonly imports: readonly ComponentImport[]
}

export interface WitInspection extends Inspected {
  readonly kind: 'wit'
  /** Names of the packages' worlds and interfaces, as exported. */
  readonly exports: readonly string[]
  readonly types: ComponentTypes
}

export type CoreKind = 'func' | 'table' | 'memory' | 'global' | 'tag'

export interface CoreImport {
  readonly module: string
  readonly name: string
  readonly kind: CoreKind
  /**
   * As in the text format: `(i32, i32) -> (i32)`, `memory 1..2 shared`, `table 0 funcref`, `mut i32`,
   * `tag (i32) -> ()`.
   */
  readonly type: string
  /** Absolute, in bytes, of the import's first byte. */
  readonly offset: number
}

export interface CoreExport {
  readonly name: string
  readonly kind: CoreKind
}

export type ComponentKind = 'module' | 'func' | 'value' | 'type' | 'component' | 'instance'

/** The name of a component's import or export, with the attributes that byte 0x02 introduces. */
export interface ExternName {
  /** `ns:pkg/iface@1.2.3`, a plain kebab-case label, or one of the older dependency names. */
  readonly name: string
  /** The interface of an instance with a plain label. */
  readonly implements?: string
  readonly versionSuffix?: string
  readonly externalId?: string
}

export interface ComponentImport extends ExternName {
  readonly kind: ComponentKind
  /**
   * Of an instance: the functions that it must have, `[method]descriptor.open-at` as written; empty if it has only types.
   * Functions of an instance inside it are prefixed with its name and a slash; items that are neither functions nor types with
   * their kind, `module name`, so that every requested item is listed.
   */
  readonly functions: readonly string[]
  /** Absolute, in bytes, of the import's first byte. */
  readonly offset: number
}

export interface ComponentExport extends ExternName {
  readonly kind: ComponentKind
}

/** Of a memory in pages, of a table in elements. Numbers beyond 2^53 are rounded; their order is kept. */
export interface Limits {
  readonly min: number
  readonly max?: number
  readonly shared: boolean
  readonly index: 'i32' | 'i64'
  /** In bytes, of a memory whose pages are smaller than the usual 64 KiB. */
  readonly pageSize?: number
  readonly imported: boolean
}

export interface CustomSection {
  readonly name: string
  /** Of the content after the name, in bytes. */
  readonly size: number
  /** Absolute, of that content. */
  readonly offset: number
  /** If the content begins as an object file does. */
  readonly objectFormat?: ObjectFormat
}

/** Field (`language`, `processed-by`, `sdk`) to tool to version, as self-declared by the toolchain. */
export type Producers = Readonly<Record<string, Readonly<Record<string, string>>>>

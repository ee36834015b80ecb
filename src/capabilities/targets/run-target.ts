import type { Shape } from '../../wasm/types/shape.ts'
import type { CoreFunctions } from './signatures.ts'

/** The environment of a module: the imports it provides and the exports it expects. */
export type RunTarget = CoreTarget | WorldTarget

/** A host of core modules, such as of WASI 0.1 or a proxy. */
export interface CoreTarget {
  readonly kind: 'core'
  /** `wasip1`, `proxy-wasm@0.2.1`. */
  readonly name: string
  readonly functions: CoreFunctions
  /** One name of each entry has to be exported; `what` completes "the module exports no ...". */
  readonly exports: readonly {
    readonly what: string
    readonly names: readonly string[]
    readonly kind: 'func' | 'memory'
  }[]
}

/** A world of components: https://github.com/WebAssembly/component-model/blob/main/design/mvp/WIT.md#wit-worlds */
export interface WorldTarget {
  readonly kind: 'world'
  /** `wasi:cli/command@0.2.12`, or `wasip2`. */
  readonly name: string
  readonly shape: Shape
}

import type { Baseline, Feature } from '../../wasm/binary/features.ts'
import type { START_FUNCTION } from './formats.ts'

/** What a module has to be, beside what it may ask for: each part only restricts, and what is absent restricts nothing. */
export interface Constraints {
  /** `wasip2`, `proxy-wasm@0.2.1` or a world such as `wasi:http/proxy@0.2`: where the module is going to run. */
  readonly target?: string
  readonly exports?: ExportConstraints
  readonly limits?: ResourceLimits
  readonly features?: FeatureConstraints
}

export interface ExportConstraints {
  /** Names that have to be there; interfaces on their semver-compatible track, all else exactly. */
  readonly required?: readonly string[]
  /** Names that must not be there, matched the same way; one that ends in `*` forbids whatever begins with what stands before it. */
  readonly forbidden?: readonly string[]
}

/** Of the module and all that is nested in it; of memories and tables, each one by itself. */
export interface ResourceLimits {
  readonly memory?: {
    /** In pages of 64 KiB: neither what a memory begins with nor its declared maximum is more. */
    readonly maxPages?: number
    /** A memory that declares no maximum is refused. */
    readonly requireMax?: true
  }
  readonly tables?: {
    readonly maxElements?: number
    readonly requireMax?: true
  }
  /** How many core modules may be nested in a component. */
  readonly modules?: number
  /** How many levels of modules and components may lie inside the root; 0 is a component, or a module, without any. */
  readonly nesting?: number
  /** In bytes. */
  readonly size?: number
  /** Code that runs when the module is instantiated, before anything is called; allowed if absent. */
  readonly startFunction?: (typeof START_FUNCTION)[number]
}

export interface FeatureConstraints {
  /** `wasm-1.0` if absent. */
  readonly baseline?: Baseline
  /** Beyond the baseline. */
  readonly allow?: readonly Feature[]
}

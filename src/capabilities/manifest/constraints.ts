import type { Baseline, Feature } from '../../wasm/binary/features.ts'
import type { START_FUNCTION } from './formats.ts'

/** Requirements on a module besides its grants. Every part restricts; an absent part restricts nothing. */
export interface Constraints {
  /** The host that the module has to fit: `wasip2`, `proxy-wasm@0.2.1`, or a world such as `wasi:http/proxy@0.2`. */
  readonly target?: string
  readonly exports?: ExportConstraints
  readonly limits?: ResourceLimits
  readonly features?: FeatureConstraints
}

export interface ExportConstraints {
  /** Exports that the module must have. Interfaces match on their semver-compatible track, other names exactly. */
  readonly required?: readonly string[]
  /** Exports that the module must not have, matched the same way; a name may end in `*`. */
  readonly forbidden?: readonly string[]
}

/** Limits on the module and everything nested in it. Limits on memories and tables apply to each one. */
export interface ResourceLimits {
  readonly memory?: {
    /** In pages of 64 KiB, for the initial size of a memory and for its declared maximum. */
    readonly maxPages?: number
    /** Refuses a memory without a declared maximum. */
    readonly requireMax?: true
  }
  readonly tables?: {
    readonly maxElements?: number
    readonly requireMax?: true
  }
  /** Core modules nested in a component, at any depth. */
  readonly modules?: number
  /** Levels of modules and components inside the root; 0 allows no nesting. */
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

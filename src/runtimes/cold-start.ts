import type { Inspection } from '../wasm/types/inspection.ts'

/** Compile and instantiate times of a module in one runtime. Of the module only a start function runs. */
export interface ColdStart {
  /** `V8`, `Wasmtime`. */
  readonly runtime: string
  /** Undefined if the runtime is not installed. */
  readonly version?: string
  /** Medians, in milliseconds. */
  readonly compile?: number
  readonly instantiate?: number
  /** The number of measurements; fewer if they take many seconds. */
  readonly rounds?: number
  /** Why a time is missing, or what it excludes: one clause, safe on a terminal. */
  readonly notes: readonly string[]
}

/** An inspected module file. */
export interface InspectedFile {
  readonly path: string
  readonly inspection: Inspection
}

/**
 * The memory that a runtime may take for a module of this size, in bytes: a hostile module of a few bytes could take all of the machine's,
 * and a large one needs several times its own.
 */
export const limitMemory = (moduleSize: number, times: number): number => 512 * 2 ** 20 + times * moduleSize

/** Measuring is not repeated after this time, in milliseconds. */
export const ENOUGH = 10_000

export interface ColdStartOptions {
  /** The number of measurements, each in its own process; fewer if they take many seconds. */
  readonly rounds: number
  readonly signal: AbortSignal
}

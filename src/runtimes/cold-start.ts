import type { Inspection } from '../wasm/types/inspection.ts'

/** How long one runtime at hand took to get a module ready. Nothing of it but a start function ever runs. */
export interface ColdStart {
  /** `V8`, `Wasmtime`. */
  readonly runtime: string
  /** Undefined: not at hand. */
  readonly version?: string
  /** Medians, in milliseconds. */
  readonly compile?: number
  readonly instantiate?: number
  /** Of which the medians are; what takes many seconds has fewer. */
  readonly rounds?: number
  /** Why a figure is missing, or what it does not include: one clause, safe on a terminal. */
  readonly notes: readonly string[]
}

/** A module on the disk that has been inspected. */
export interface InspectedFile {
  readonly path: string
  readonly inspection: Inspection
}

export interface ColdStartOptions {
  /** How often each figure is taken, each time in a process of its own; less often where it takes many seconds. */
  readonly rounds: number
  readonly signal: AbortSignal
}

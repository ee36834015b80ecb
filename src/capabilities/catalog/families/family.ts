import type { FunctionsByClass } from '../classes.ts'

/** What one specification, or the source of one host, describes. */
export interface Family {
  /** As people call it. */
  readonly title: string
  /** Where the functions are written down. */
  readonly spec: string
  /** By the name of a core module. */
  readonly modules?: Readonly<Record<string, FunctionsByClass>>
  /** Versions of the interfaces that name none, blank-separated: tracks, and prereleases in full. */
  readonly versions?: string
  /**
   * By interface. One that comes in other versions says so: `wasi:nn/graph@0.2.0-rc-2024-08-19 0.2.0-rc-2024-10-28`. Without
   * functions it has types only.
   */
  readonly interfaces?: Readonly<Record<string, FunctionsByClass>>
}

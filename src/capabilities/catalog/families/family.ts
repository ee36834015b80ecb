import type { FunctionsByClass } from '../classes.ts'

/** The imports of one specification or host, and the custom sections that a host runs. */
export interface Family {
  /** For people. */
  readonly title: string
  /** URL of the specification or source. */
  readonly spec: string
  /** By the name of a core module. */
  readonly modules?: Readonly<Record<string, FunctionsByClass>>
  /** Versions of the interfaces that name none, blank-separated: tracks, and prereleases in full. */
  readonly versions?: string
  /**
   * By interface, with its versions if they differ from `versions`: `wasi:nn/graph@0.2.0-rc-2024-08-19 0.2.0-rc-2024-10-28`. Without
   * functions it has types only.
   */
  readonly interfaces?: Readonly<Record<string, FunctionsByClass>>
  /** Custom sections that hosts run as code, in place of functions; a name may end in `*`. */
  readonly sections?: FunctionsByClass
}

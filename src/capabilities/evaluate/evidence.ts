import type { Feature } from '../../wasm/binary/features.ts'
import type { Inspection } from '../../wasm/types/inspection.ts'

/** What was read from a module for its evaluation, all from the same bytes. */
export interface Evidence {
  readonly inspection: Inspection
  /**
   * All required features including those of instructions, each with the offset of its first use; absent if the instructions
   * were not scanned.
   */
  readonly instructions?: { readonly features: ReadonlyMap<Feature, number> }
}

import type { Feature } from '../../wasm/binary/features.ts'
import type { Inspection } from '../../wasm/types/inspection.ts'

/** What is known of a module when it is judged; all of it was read off the same bytes. */
export interface Evidence {
  readonly inspection: Inspection
  /**
   * What all of it needs, down to its last instruction, each feature with the offset of what needs it first; absent if nobody
   * asked.
   */
  readonly instructions?: { readonly features: ReadonlyMap<Feature, number> }
}

import type { Feature } from '../wasm/features.ts'
import type { Inspection } from '../wasm/inspection.ts'

/** What is known of a module when it is judged; all of it was read off the same bytes. */
export interface Evidence {
  readonly inspection: Inspection
  /** The features that its instructions need, each with the offset of where it is first needed; absent if nobody asked. */
  readonly instructions?: { readonly features: ReadonlyMap<Feature, number> }
}

import type { Asked, Reply, Spelling } from '../asked.ts'
import type { Store } from '../store.ts'
import type { Switches } from '../switches.ts'

/** A registry that there is: how it sets the switches, and what words it has for what it refuses. */
export interface Personality {
  readonly switches: Switches
  /** What the web server in front of it answers by itself. */
  readonly front?: (asked: Asked) => Reply | undefined
  /** The reply in the registry's own words; it may look what the registry holds. */
  readonly spoken?: (asked: Asked, reply: Reply, store: Store) => Reply
  /** How it writes JSON; as the specification does by default. */
  readonly spelling?: Spelling
}

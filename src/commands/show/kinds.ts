import type { Inspection } from '../../wasm/types/inspection.ts'

/** Names of the kinds of binaries. */
export const KINDS: Readonly<Record<Inspection['kind'], string>> = {
  module: 'core module',
  component: 'component',
  wit: 'WIT package',
}

import { ComponentTypes } from '../../src/wasm/types/shape.ts'

/** Of components that a test spells out, and whose types nobody compares. */
export const NO_TYPES = new ComponentTypes({
  kind: 'component',
  binder: {},
  imports: new Map(),
  exports: new Map(),
  depth: 1,
  hasResources: false,
})

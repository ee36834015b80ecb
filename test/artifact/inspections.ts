import type { ComponentInspection, ModuleInspection, WitInspection } from '../../src/wasm/types/inspection.ts'
import { NO_TYPES } from '../support/no-types.ts'

const inspected = { size: 8, features: [], customSections: [], producers: {}, metadata: {} }

export const moduleInspection: ModuleInspection = {
  ...inspected,
  kind: 'module',
  imports: [{ module: 'env', name: 'f', kind: 'func', type: '() -> ()', offset: 20 }],
  exports: [],
  memories: [],
  tables: [],
  hasStart: false,
}

export const componentInspection: ComponentInspection = {
  ...inspected,
  kind: 'component',
  imports: [
    { name: 'wasi:io/streams@0.2.0', kind: 'instance', functions: [], offset: 20 },
    { name: 'wasi:cli/environment@0.2.0', kind: 'instance', functions: [], offset: 30 },
  ],
  exports: [{ name: 'wasi:http/incoming-handler@0.2.0', kind: 'instance' }],
  hasStart: false,
  nested: { modules: 1, components: 0, depth: 1, contents: [] },
  types: NO_TYPES,
}

export const witInspection: WitInspection = {
  ...inspected,
  kind: 'wit',
  exports: ['b:b/w', 'a:a/i'],
  types: NO_TYPES,
}

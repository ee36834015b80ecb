import { BYTECODE_ALLIANCE } from './bytecodealliance.ts'
import { FILE } from './file.ts'
import { IMAGE } from './image.ts'
import { LEGACY } from './legacy.ts'
import type { Profile } from './profile.ts'
import { PROXY_WASM } from './proxy-wasm.ts'
import { WASM } from './wasm.ts'

/** The first that recognises an artifact tells its form. */
export const PROFILES: readonly Profile[] = [WASM, LEGACY, PROXY_WASM, BYTECODE_ALLIANCE, FILE, IMAGE]

/** The types of the layers that are the module itself. */
export const MODULE_LAYERS: ReadonlySet<string> = new Set(
  PROFILES.flatMap(({ layerType }) => (layerType === undefined ? [] : [layerType])),
)

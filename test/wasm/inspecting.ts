import { WasmpackError } from '../../src/errors.ts'
import { createBytesCursor } from '../../src/wasm/binary/bytes-cursor.ts'
import { inspectBinary } from '../../src/wasm/inspect-binary.ts'
import type {
  ComponentInspection,
  Inspection,
  ModuleInspection,
  WitInspection,
} from '../../src/wasm/types/inspection.ts'

export const inspectBytes = (bytes: Uint8Array): Promise<Inspection> =>
  inspectBinary(createBytesCursor(bytes))

async function inspectAs(kind: Inspection['kind'], bytes: Uint8Array): Promise<Inspection> {
  const inspection = await inspectBytes(bytes)
  if (inspection.kind !== kind) throw new Error(`expected a ${kind}, found a ${inspection.kind}`)
  return inspection
}

export const inspectModule = (bytes: Uint8Array): Promise<ModuleInspection> =>
  inspectAs('module', bytes) as Promise<ModuleInspection>

export const inspectComponent = (bytes: Uint8Array): Promise<ComponentInspection> =>
  inspectAs('component', bytes) as Promise<ComponentInspection>

export const inspectWit = (bytes: Uint8Array): Promise<WitInspection> =>
  inspectAs('wit', bytes) as Promise<WitInspection>

/** The message of the MODULE_MALFORMED that a binary is refused with; it ends with the offset that the details have. */
export async function refusal(bytes: Uint8Array): Promise<string> {
  const error: unknown = await inspectBytes(bytes).then(
    () => new Error('the binary was accepted'),
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof WasmpackError)) throw error
  const { offset } = error.details as { readonly offset: number }
  const place = ` (at offset 0x${offset.toString(16)})`
  if (error.code !== 'MODULE_MALFORMED' || !error.message.endsWith(place) || !error.hint) throw error
  return error.message
}

/** A copy that lacks some keys. */
export const without = (listed: object, ...keys: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(Object.entries(listed).filter(([key]) => !keys.includes(key)))

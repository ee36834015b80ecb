import type { Evidence } from '../capabilities/evaluate/evidence.ts'
import type { Cursor } from '../wasm/binary/cursor.ts'
import { inspect } from '../wasm/inspect.ts'

/** Reads a binary in one pass, on demand with its instructions, every one of which then has to be well-formed. */
export async function collectEvidence(cursor: Cursor, withInstructions: boolean): Promise<Evidence> {
  if (!withInstructions) return { inspection: await inspect(cursor) }
  const { InstructionScan } = await import('../wasm/core/instruction-scan.ts')
  const scan = new InstructionScan()
  const inspection = await inspect(cursor, scan)
  return { inspection, instructions: scan.result }
}

import type { Evidence } from '../capabilities/evaluate/evidence.ts'
import type { Cursor } from '../wasm/binary/cursor.ts'
import { inspectBinary } from '../wasm/inspect-binary.ts'

/** Reads a binary in one pass, on demand with its instructions, every one of which then has to be well-formed. */
export async function collectEvidence(cursor: Cursor, withInstructions: boolean): Promise<Evidence> {
  if (!withInstructions) return { inspection: await inspectBinary(cursor) }
  const { InstructionScan } = await import('../wasm/core/instruction-scan.ts')
  const scan = new InstructionScan()
  const inspection = await inspectBinary(cursor, scan)
  return { inspection, instructions: scan.result }
}

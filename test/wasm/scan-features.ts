import type { Cursor } from '../../src/wasm/binary/cursor.ts'
import { type FeatureScan, InstructionScan } from '../../src/wasm/core/instruction-scan.ts'
import { inspectBinary } from '../../src/wasm/inspect-binary.ts'

/**
 * Reads all of a binary and says what it needs. Beyond what inspecting finds malformed, every function, segment and
 * initial value has to be well-formed. Function by function, so memory stays bounded.
 */
export async function scanFeatures(cursor: Cursor): Promise<FeatureScan> {
  const scan = new InstructionScan()
  await inspectBinary(cursor, scan)
  return scan.result
}

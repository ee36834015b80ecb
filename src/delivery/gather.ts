import type { Evidence } from '../capabilities/evidence.ts'
import type { Cursor } from '../wasm/cursor.ts'
import { inspect } from '../wasm/inspect.ts'
import { type JudgeRequest, needsInstructions } from './judge.ts'

/**
 * Reads off a binary what its judges ask for, in one pass: the instructions only if one of them does, every one of which then
 * has to be well-formed.
 */
export async function gather(cursor: Cursor, request: JudgeRequest): Promise<Evidence> {
  if (!needsInstructions(request)) return { inspection: await inspect(cursor) }
  const { InstructionScan } = await import('../wasm/instruction-scan.ts')
  const scan = new InstructionScan()
  const inspection = await inspect(cursor, scan)
  return { inspection, instructions: scan.result }
}

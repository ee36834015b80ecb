import { WasmpackError } from '../../errors.ts'

/** Asks for confirmation. Throws USAGE for any answer but yes, and with the hint where there is no terminal. */
export async function confirm(question: string, hint: string, signal: AbortSignal): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new WasmpackError('USAGE', `not confirmed, no terminal to ask: ${question}`, { hint })
  const { createInterface } = await import('node:readline/promises')
  const line = createInterface({ input: process.stdin, output: process.stderr })
  line.on('SIGINT', () => process.emit('SIGINT'))
  try {
    if (/^y(?:es)?$/i.test((await line.question(`${question} [y/N] `, { signal })).trim())) return
  } finally {
    line.close()
  }
  throw new WasmpackError('USAGE', `not confirmed: ${question}`, { hint })
}

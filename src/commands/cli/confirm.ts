import { WasmpackError } from '../../errors.ts'

/** Asks a person for a yes. Throws USAGE for any other answer, and without a terminal, where `flag` has to say it. */
export async function confirm(question: string, flag: string, signal: AbortSignal): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new WasmpackError('USAGE', `there is no terminal to ask on: ${question}`, {
      hint: `give ${flag} to answer yes; nothing was done`,
    })
  const { createInterface } = await import('node:readline/promises')
  const line = createInterface({ input: process.stdin, output: process.stderr })
  line.on('SIGINT', () => process.emit('SIGINT'))
  try {
    if (/^y(?:es)?$/i.test((await line.question(`${question} [y/N] `, { signal })).trim())) return
  } finally {
    line.close()
  }
  throw new WasmpackError('USAGE', 'the answer was not yes', { hint: 'nothing was done' })
}

import { Writable } from 'node:stream'

import { WasmpackError } from '../../errors.ts'

/** Asks for a secret without echo. Throws USAGE with the hint where there is no terminal. */
export async function askSecret(prompt: string, hint: string, signal: AbortSignal): Promise<string> {
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new WasmpackError('USAGE', 'cannot ask for a password: no terminal', { hint })
  const { createInterface } = await import('node:readline/promises')
  process.stderr.write(prompt)
  const mute = new Writable({ write: (_chunk, _encoding, done) => done() })
  const line = createInterface({ input: process.stdin, output: mute, terminal: true })
  line.on('SIGINT', () => process.emit('SIGINT'))
  try {
    return await line.question('', { signal })
  } finally {
    line.close()
    process.stderr.write('\n')
  }
}

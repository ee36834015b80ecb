import { Writable } from 'node:stream'

import { WasmpackError } from '../../errors.ts'

/** Asks a person without showing what is typed. Without a terminal it throws USAGE that names the `instead`. */
export async function askSecret(prompt: string, instead: string, signal: AbortSignal): Promise<string> {
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new WasmpackError('USAGE', 'a secret is needed and there is no terminal to ask on', {
      hint: `give it by ${instead}`,
    })
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

// The registry of the tests in its own process: a benchmark must not wait for itself.
import { spawn } from 'node:child_process'

const SERVE = new URL('../test/support/registry/serve.mjs', import.meta.url).pathname

/**
 * Starts it on loopback.
 * @returns {Promise<{ readonly host: string, stop(): void }>}
 */
export function startTestRegistry() {
  const child = spawn(process.execPath, [SERVE], { stdio: ['ignore', 'pipe', 'inherit'] })
  return new Promise((resolve, reject) => {
    let told = ''
    child.on('error', reject)
    child.on('exit', (code) => reject(new Error(`${SERVE} ended with ${code}`)))
    // Read all output: the registry logs every request and would block on a full pipe.
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      if (told.length < 1000) told += chunk
      const [, host] = /registry at http:\/\/([^,]+),/.exec(told) ?? []
      if (host !== undefined) resolve({ host, stop: () => void child.kill() })
    })
  })
}

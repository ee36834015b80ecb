import { type IncomingMessage, request } from 'node:http'

import { onTestFinished } from 'vitest'

import { type Registry, type Switches, startRegistry } from './registry.ts'

/** A registry that ends with the test. */
export async function started(switches: Switches = {}): Promise<Registry> {
  const registry = await startRegistry(switches)
  onTestFinished(() => registry.close())
  return registry
}

/** An answer as it came in. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly whole: boolean
}

/** Asks without any client's help: no redirect, no decoding. */
export function ask(
  registry: Pick<Registry, 'origin'>,
  method: string,
  path: string,
  body = '',
  headers: Record<string, string> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const url = path.startsWith('http') ? path : registry.origin + path
    const asked = request(url, { method, headers, agent: false }, (message) => {
      const parts: Buffer[] = []
      message.on('data', (chunk: Buffer) => parts.push(chunk))
      message.on('error', () => undefined)
      message.on('close', () =>
        resolve({
          status: message.statusCode!,
          headers: message.headers,
          body: Buffer.concat(parts).toString('latin1'),
          whole: message.complete,
        }),
      )
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

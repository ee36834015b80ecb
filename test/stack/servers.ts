import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import {
  isBearer,
  PUSHER,
  READER,
  ROBOT,
  type RegistryEndpoint,
  type RegistryName,
  type RunningRegistry,
  startRegistry,
} from './registries.ts'
import { startTokenServer, type TokenServer } from './token-server.ts'

/** Registries that run on loopback until `stop`, with all their files in one temporary directory. */
export interface Stack {
  readonly registries: readonly RunningRegistry[]
  /** The temporary directory. */
  readonly directory: string
  /** Ends every server and removes every file; also done, as far as can be, when this process exits. */
  stop(): Promise<void>
}

/** Starts the named registries, and the token server if one of them asks for tokens. */
export async function startStack(names: readonly RegistryName[]): Promise<Stack> {
  const directory = mkdtempSync(join(tmpdir(), 'wasmpack-stack-'))
  const remove = (): void => rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
  process.on('exit', remove)
  let tokens: TokenServer | undefined
  let registries: readonly RunningRegistry[] = []
  const stop = async (): Promise<void> => {
    await Promise.all([...registries.map((registry) => registry.process.kill()), tokens?.stop()])
    remove()
    process.off('exit', remove)
  }

  if (names.some(isBearer))
    tokens = await startTokenServer({
      [PUSHER.username]: { password: PUSHER.password, actions: ['pull', 'push', 'delete', '*'] },
      [ROBOT.username]: { password: ROBOT.password, actions: ['pull', 'push'] },
      [READER.username]: { password: READER.password, actions: ['pull'] },
    })
  const started = await Promise.allSettled(names.map((name) => startRegistry(name, directory, tokens)))
  registries = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const failed = started.find((result) => result.status === 'rejected')
  if (failed !== undefined) {
    await stop()
    throw failed.reason
  }
  return { registries, directory, stop }
}

/** The endpoint of a registry that `startStack` was asked for. */
export function endpointOf(stack: Stack, name: RegistryName): RegistryEndpoint {
  const found = stack.registries.find((registry) => registry.endpoint.name === name)
  if (found === undefined) throw new Error(`${name} was not started`)
  return found.endpoint
}

import type { TestProject } from 'vitest/node'

import { peerPath } from '../stack/peers.ts'
import { REGISTRIES, type RegistryEndpoint, serverOf } from '../stack/registries.ts'
import { startStack } from '../stack/servers.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The registries that run for the whole suite. */
    registries: readonly RegistryEndpoint[]
  }
}

/** Starts every registry whose program is installed, once for the suite, and ends them after it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stack = await startStack(REGISTRIES.filter((name) => peerPath(serverOf(name)) !== undefined))
  process.env['TMPDIR'] = stack.directory // so that what tests write goes with it, even after Ctrl-C
  project.provide(
    'registries',
    stack.registries.map((registry) => registry.endpoint),
  )
  return stack.stop
}

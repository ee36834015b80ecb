import type { TestProject } from 'vitest/node'

import { peerPath } from '../stack/peers.ts'
import { REGISTRIES, type RegistryEndpoint, serverOf } from '../stack/registries.ts'
import { listenOnLoopback } from '../stack/loopback-server.ts'
import { startStack } from '../stack/servers.ts'
import { type RunningSigstore, startSigstore } from '../stack/sigstore/sigstore.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The registries that run for the whole suite. */
    registries: readonly RegistryEndpoint[]
    /** Answers with the private Sigstore of the suite, which the first question starts: most test files need none. */
    sigstoreUrl: string
  }
}

/** Starts every registry whose program is installed, once for the suite, and the private Sigstore if a test needs it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stack = await startStack(REGISTRIES.filter((name) => peerPath(serverOf(name)) !== undefined))
  process.env['TMPDIR'] = stack.directory // so that what tests write goes with it, even after Ctrl-C
  project.provide(
    'registries',
    stack.registries.map((registry) => registry.endpoint),
  )
  let sigstore: Promise<RunningSigstore> | undefined
  const starter = await listenOnLoopback(async () => {
    sigstore ??= startSigstore()
    return { status: 200, body: JSON.stringify((await sigstore).sigstore) }
  })
  project.provide('sigstoreUrl', starter.url)
  return async () => {
    await starter.stop()
    await sigstore?.then(
      (running) => running.stop(),
      () => undefined, // its tests have failed with the reason
    )
    await stack.stop()
  }
}

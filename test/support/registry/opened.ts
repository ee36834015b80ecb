import { onTestFinished } from 'vitest'

import type { Clock } from '../../../src/http/retry.ts'
import { Transport, type TransportOptions } from '../../../src/http/transport.ts'
import type { RegistryOptions } from '../../../src/oci/registry/connection.ts'
import type { Credential } from '../../../src/oci/registry/credentials/credential.ts'
import type { Credentials } from '../../../src/oci/registry/credentials/credentials.ts'
import { openRegistry } from '../../../src/oci/registry/registry-target.ts'
import type { DeletableTarget } from '../../../src/oci/target.ts'
import { type Registry, type Switches, startRegistry } from './registry.ts'

/** A clock that begins in 1970 and moves by its waits alone, which are over at once; `waits` tells them, in milliseconds. */
export function impatientClock(): Clock & { readonly waits: number[] } {
  const waits: number[] = []
  return {
    waits,
    now: () => waits.reduce((sum, wait) => sum + wait, 0),
    random: () => 0.5,
    async sleep(milliseconds, signal) {
      signal?.throwIfAborted()
      waits.push(milliseconds)
    },
  }
}

export interface Opened {
  readonly registry: Registry
  readonly transport: Transport
  /** What the target was opened with; others that are opened with it share its tokens. */
  readonly options: RegistryOptions
  readonly target: DeletableTarget
  /** What `--debug` would show. */
  readonly debug: readonly string[]
  /** How long the client would have waited, in milliseconds. */
  readonly waits: readonly number[]
}

/** Credentials that are the same for every registry. */
export const always = (credential: Credential | undefined): Credentials => ({
  find: async () => (credential === undefined ? {} : { credential, from: 'the test' }),
  forget: () => undefined,
})

/** A registry and the target `team/app` in it; both end with the test. */
export async function opened(
  switches: Switches = {},
  options: TransportOptions & { readonly credential?: Credential; readonly repository?: string } = {},
): Promise<Opened> {
  const registry = await startRegistry(switches)
  const debug: string[] = []
  const clock = impatientClock()
  const transport = new Transport({ clock, debug: (line) => debug.push(line), ...options })
  onTestFinished(async () => {
    transport.close()
    await registry.close()
  })
  const shared: RegistryOptions = { transport, credentials: always(options.credential) }
  const target = openRegistry(
    { kind: 'registry', registry: registry.host, repository: options.repository ?? 'team/app' },
    shared,
  )
  return { registry, transport, options: shared, target, debug, waits: clock.waits }
}

import { type RegistryEndpoint, type RunningRegistry, startRegistry } from '../registries.ts'
import type { TokenIssuer } from '../token-issuer.ts'
import { startTokenGate } from './token-gate.ts'

/** A registry that trusts Keycloak: `referrers` has the referrers API, the others have not. */
export interface KeycloakRegistry {
  readonly name: 'distribution' | 'docker-registry' | 'referrers'
  /** `localhost:PORT`, as references write it. */
  readonly host: string
  readonly credentials: RegistryCredentials
}

export interface RegistryCredentials {
  readonly username: string
  readonly password: string
}

/** Starts one of each kind. */
export async function startKeycloakRegistries(
  directory: string,
  tokens: TokenIssuer,
  credentials: RegistryCredentials,
): Promise<{ readonly endpoints: readonly KeycloakRegistry[]; stop(): Promise<void> }> {
  const started: { stop(): Promise<void> }[] = []
  const registry = async (name: RegistryEndpoint['name']): Promise<RunningRegistry> => {
    const running = await startRegistry(name, directory, tokens)
    started.push({ stop: () => running.process.kill() })
    return running
  }
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((one) => one.stop()))
  }
  try {
    const [distribution, dockerRegistry, referrers] = await Promise.all([
      registry('distribution-bearer'),
      registry('docker-registry-bearer'),
      registry('ggcr-registry').then(async ({ endpoint }) => {
        const gate = await startTokenGate(`http://${endpoint.host.replace('localhost', '127.0.0.1')}`, tokens)
        started.push(gate)
        return gate
      }),
    ])
    return {
      endpoints: [
        { name: 'distribution', host: distribution.endpoint.host, credentials },
        { name: 'docker-registry', host: dockerRegistry.endpoint.host, credentials },
        { name: 'referrers', host: new URL(referrers.url).host, credentials },
      ],
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

import { execFile } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'

import { type RunningEnvoy, startEnvoy } from './envoy.ts'
import { installedPeer } from './peers.ts'

/** What Istio gives Envoy for the objects of a namespace. */
export interface GatewayConfiguration {
  /** The filters that istiod inserts into the listener of a gateway, in their order. */
  readonly filters: readonly GatewayFilter[]
  /** What the agent of the proxy answers when Envoy asks for their configurations. */
  readonly response: { readonly resources?: readonly GatewayExtension[] }
  readonly log: string
}

export interface GatewayFilter {
  readonly name: string
  readonly configDiscovery: Readonly<Record<string, unknown>>
}

export interface GatewayExtension {
  readonly name: string
  readonly typedConfig: Readonly<Record<string, unknown>> & { readonly '@type': string }
}

/** Runs istiod's code, and that of the agent, on objects for a gateway with the label `istio: ingressgateway`. */
export function configureGateway(directory: string, objects: string): Promise<GatewayConfiguration> {
  const cache = mkdtempSync(join(directory, 'agent-'))
  return new Promise((resolve, reject) => {
    const child = execFile(installedPeer('istio'), [cache], { timeout: 200_000 }, (error, stdout, log) => {
      if (error) reject(new Error(`istio: ${log}`))
      else resolve({ ...(JSON.parse(stdout) as Omit<GatewayConfiguration, 'log'>), log })
    })
    child.stdin?.end(objects)
  })
}

/** Starts Envoy with the first filter, for which it reads the response from a file. */
export function startGateway(
  directory: string,
  { filters, response }: Pick<GatewayConfiguration, 'filters' | 'response'>,
): Promise<RunningEnvoy> {
  const [filter] = filters
  if (filter === undefined) throw new Error('istiod inserts no filter')
  const { configSource: _, ...discovery } = filter.configDiscovery
  const configSource = { pathConfigSource: { path: './extensions.json' }, resourceApiVersion: 'V3' }
  return startEnvoy(directory, {
    filter: { ...filter, configDiscovery: { ...discovery, configSource } },
    kind: 'http',
    files: { 'extensions.json': Buffer.from(JSON.stringify(response)) },
  })
}

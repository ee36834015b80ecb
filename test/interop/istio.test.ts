import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'

import { computeDigest } from '../../src/oci/digest.ts'
import { type GatewayConfiguration, configureGateway, startGateway } from '../stack/istio.ts'
import { readFixture } from '../support/fixtures.ts'
import { freshRepository, generateKeyPair, type Pushed, pushModule, writeModule } from './artifacts.ts'
import { needsPeers } from './peer.ts'
import { registry, useWorkbench } from './workbench.ts'

needsPeers('istio', 'envoy', 'distribution')

const bench = useWorkbench()
const FILE = 'filter.wasm'
const [WASM, RBAC] = ['wasm.v3.Wasm', 'rbac.v3.RBAC'].map(
  (name) => `type.googleapis.com/envoy.extensions.filters.http.${name}`,
)

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'wasmpack-istio-'))
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

async function push(profile: string): Promise<Pushed> {
  if (!bench.exists(FILE)) {
    await generateKeyPair(bench, 'signer')
    await writeModule(bench, FILE, readFixture('proxy-filter'))
  }
  const repository = freshRepository(registry('distribution'))
  return pushModule(bench, repository, FILE, '--profile', profile, '--key', 'signer.key')
}

/** What `render --target istio` prints for the gateway. */
async function render({ pinned }: Pushed, ...flags: readonly string[]): Promise<string> {
  const selector = ['--workload-selector', 'istio=ingressgateway', '--key', 'signer.pub']
  return (await bench.wasmpack('render', pinned, '--target', 'istio', ...selector, ...flags)).stdout
}

/** What the agent hands to Envoy: the type of the filter. */
const typeOf = ({ response }: GatewayConfiguration): string | undefined =>
  response.resources?.[0]?.typedConfig['@type']

/** What a gateway with this configuration answers a request. */
async function request(
  configuration: GatewayConfiguration,
): Promise<{ readonly status: number; readonly seen: string | null }> {
  const envoy = await startGateway(directory, configuration)
  onTestFinished(() => envoy.stop())
  const { status, headers } = await fetch(envoy.url)
  return { status, seen: headers.get('x-seen') }
}

describe('istiod and the agent of a proxy take what is rendered, and Envoy runs what they give it', () => {
  test.for([
    ['an EnvoyFilter with a restriction', 'image', ['--restrict']],
    ['an EnvoyFilter of two layers', 'proxy-wasm', ['--restrict']],
    ['a WasmPlugin', 'image', []],
    ['a TrafficExtension', 'proxy-wasm', ['--api', 'trafficextension']],
  ] as const)('%s', async ([, profile, flags]) => {
    const configuration = await configureGateway(directory, await render(await push(profile), ...flags))
    expect(typeOf(configuration)).toBe(WASM)
    expect(await request(configuration)).toEqual({ status: 200, seen: 'yes' })
  })

  test('the restriction among it: a function that is not listed is denied', async () => {
    const objects = await render(await push('image'), '--restrict')
    const narrowed = objects.replace(/\n *proxy_add_header_map_value: \{\}/, '')
    expect(narrowed).not.toBe(objects)
    expect(await request(await configureGateway(directory, narrowed))).toEqual({ status: 200, seen: null })
  })
})

describe('an artifact of a profile that the agent does not read', () => {
  /** The filter with the digest of an artifact of another profile. */
  async function renderFor(profile: string): Promise<string> {
    const wrong = await push(profile)
    const refused = await bench.attempt(['render', wrong.pinned, '--target', 'istio', '--key', 'signer.pub'])
    expect(refused.exit).not.toBe(0)
    const right = await push('image')
    return (await render(right, '--restrict'))
      .replaceAll(right.repository, wrong.repository)
      .replaceAll(right.digest.slice('sha256:'.length), wrong.digest.slice('sha256:'.length))
  }

  test.for(['wasm', 'legacy'])('%s: every request is denied with 403', async (profile) => {
    const configuration = await configureGateway(directory, await renderFor(profile))
    expect(typeOf(configuration)).toBe(RBAC)
    expect(configuration.log).toContain('applying deny RBAC filter')
    expect(await request(configuration)).toEqual({ status: 403, seen: null })
  })

  test('with FAIL_OPEN, which is never rendered, every request passes unfiltered', async () => {
    const objects = (await renderFor('wasm')).replace('FAIL_CLOSED', 'FAIL_OPEN')
    const configuration = await configureGateway(directory, objects)
    expect(configuration.log).toContain('applying allow RBAC filter')
    expect(await request(configuration)).toEqual({ status: 200, seen: null })
  })
})

test('sha256 of a WasmPlugin is the digest of the manifest: with that of the module every request is denied', async () => {
  const pushed = await push('image')
  const plugin = await render(pushed)
  expect(plugin).toContain(`sha256: ${pushed.digest.slice('sha256:'.length)}\n`)
  const digest = computeDigest(readFixture('proxy-filter'))
  const other = plugin.replace(/sha256: .*\n/, `sha256: ${digest.slice('sha256:'.length)}\n`)
  expect(other).not.toBe(plugin)
  const configuration = await configureGateway(directory, other)
  expect(configuration.log).toMatch(/has checksum \w+, which does not match/)
  expect(await request(configuration)).toMatchObject({ status: 403 })
})

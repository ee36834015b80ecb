import { expect, test } from 'vitest'

import { describeEnforcement, formatRendered } from '../../../src/commands/show/rendered.ts'
import type { RenderOptions } from '../../../src/gitops/render/target.ts'
import { renderFixture, type RenderScene } from './scene.ts'

const GATEWAY: Partial<RenderOptions> = { workloadSelector: { istio: 'ingressgateway' } }
const PEERS = `{grants: {random: true, http: {outgoing: {hosts: ["https://api.example.com", "*.corp:8443", "http://10.1.2.3", "https://[2001:db8::1]:8443"]}}}}`

const SAMPLES: readonly (readonly [name: string, fixture: string, target: string, scene?: RenderScene])[] = [
  [
    'wasmtime-files',
    'cpp-files',
    'wasmtime',
    { options: { directories: new Map([['/data', "it's here"]]) } },
  ],
  ['wasmtime-serve', 'http-serve', 'wasmtime'],
  [
    'wasmtime-memory',
    'rust-hello',
    'wasmtime',
    { policyLimits: [{ memory: { maxPages: 32 }, tables: { maxElements: 64 } }] },
  ],
  [
    'runwasi-files',
    'cpp-files',
    'runwasi',
    { tag: '1.0.0', options: { namespace: 'team', replicas: 3, pullSecret: 'pull' } },
  ],
  [
    'runwasi-serve',
    'http-serve',
    'runwasi',
    { options: { runtimeClassObject: 'wasmtime', runtimeClass: 'wasm' } },
  ],
  ['runwasi-peers', 'http-fetch', 'runwasi', { spec: PEERS }],
  ['runwasi-cilium', 'http-fetch', 'runwasi', { spec: PEERS, options: { network: 'cilium' } }],
  ['image-volume', 'hello-component', 'image-volume', { options: { pullSecret: 'pull' } }],
  ['envoy', 'proxy-filter', 'envoy'],
  ['envoy-older', 'proxy-filter', 'envoy', { options: { envoyVersion: 39, listener: 'network' } }],
  ['istio', 'proxy-filter', 'istio', { tag: '1.0.0', options: { ...GATEWAY, pullSecret: 'pull' } }],
  ['istio-extension', 'proxy-filter', 'istio', { options: { ...GATEWAY, api: 'trafficextension' } }],
  ['istio-restricted', 'proxy-filter', 'istio', { options: { ...GATEWAY, restrict: true } }],
  ['envoy-gateway', 'proxy-filter', 'envoy-gateway', { options: { ...GATEWAY, pullSecret: 'pull' } }],
  ['spin', 'http-serve', 'spin', { options: { pullSecret: 'pull' } }],
  ['wasmcloud', 'http-fetch', 'wasmcloud', { spec: PEERS, options: { pullSecret: 'pull' } }],
  ['kubewarden', 'rust-hello', 'kubewarden'],
]

test.for(SAMPLES)('%s: the same bytes on every machine', async ([name, fixture, target, scene]) => {
  const rendered = await renderFixture(fixture, target, scene)
  const comments = describeEnforcement(rendered.enforcement).map((line) => `#${line}\n`)
  await expect(`${comments.join('')}${formatRendered(rendered)}\n`).toMatchFileSnapshot(`golden/${name}.txt`)
})

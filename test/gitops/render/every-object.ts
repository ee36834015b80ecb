import { WasmpackError } from '../../../src/errors.ts'
import { RENDER_TARGETS } from '../../../src/gitops/render/render.ts'
import type { Rendered, RenderedObject, RenderOptions } from '../../../src/gitops/render/target.ts'
import { fixtureCapabilities, fixtureNames } from '../../support/fixtures.ts'
import { renderFixture, type RenderScene } from './scene.ts'

const COMMON: Partial<RenderOptions> = { namespace: 'team', replicas: 2, pullSecret: 'pull' }
const GATEWAY: Partial<RenderOptions> = { workloadSelector: { app: 'gateway' } }
const PEERS = `{grants: {random: true, http: {outgoing: {hosts: ["https://api.example.com", "*.corp:8443", "http://10.1.2.3", "https://[2001:db8::1]:8443", "http://*:*"]}}}}`
const LIMITED =
  '{grants: {stdio: [stdout, stderr], env: {names: [LOG_LEVEL, "APP_*"]}}, limits: {memory: {maxPages: 64}}}'

/** Options of targets, beside none, that print other objects. */
const VARIANTS: Readonly<Record<string, readonly Partial<RenderOptions>[]>> = {
  runwasi: [{}, { ...COMMON, network: 'cilium', runtimeClassObject: 'wasmtime', runtimeClass: 'wasm' }],
  istio: [
    { ...GATEWAY, namespace: 'team', pullSecret: 'pull' },
    { ...GATEWAY, api: 'trafficextension' },
    { ...GATEWAY, restrict: true },
  ],
  'envoy-gateway': [GATEWAY, { ...GATEWAY, pullSecret: 'pull' }],
}

const SPECS: Readonly<Record<string, readonly RenderScene[]>> = {
  'http-fetch': [{}, { spec: PEERS }],
  'rust-hello': [{}, { spec: LIMITED }],
  'c-files': [
    {},
    {
      spec: '{grants: {stdio: [stdin, stdout, stderr], filesystem: [{guest: /data, mode: ro}, {guest: /, mode: rw}, {guest: "/a b", mode: rw}]}}',
    },
  ],
}

/** What every target that can run a fixture prints for it, with its options. */
export async function* renderEverything(): AsyncGenerator<readonly [name: string, rendered: Rendered]> {
  for (const fixture of fixtureNames().filter((name) => fixtureCapabilities(name) !== undefined))
    for (const target of RENDER_TARGETS)
      for (const [at, options] of (VARIANTS[target.name] ?? [{}]).entries())
        for (const [index, scene] of (SPECS[fixture] ?? [{}]).entries()) {
          const name = `${fixture} for ${target.name}, ${at}.${index}`
          try {
            yield [name, await renderFixture(fixture, target.name, { tag: '1.0.0', ...scene, options })]
          } catch (error) {
            if (!(error instanceof WasmpackError) || !['CAPABILITY_DENIED', 'USAGE'].includes(error.code))
              throw error
          }
        }
}

/** The Kubernetes objects of a rendering, a part of a pod template as the PodTemplate that it is of. */
export const listObjects = (rendered: Rendered): readonly RenderedObject[] =>
  rendered.kind === 'objects'
    ? rendered.objects
    : rendered.kind === 'template'
      ? [{ apiVersion: 'v1', kind: 'PodTemplate', metadata: {}, template: rendered.template }]
      : []

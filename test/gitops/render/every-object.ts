import { WasmpackError } from '../../../src/errors.ts'
import { RENDER_TARGETS } from '../../../src/gitops/render/render.ts'
import type { Rendered, RenderedObject, RenderOptions } from '../../../src/gitops/render/target.ts'
import { fixtureNames } from '../../support/fixtures.ts'
import { readFixtureManifest, renderFixture, type RenderScene } from './scene.ts'

const COMMON: Partial<RenderOptions> = { namespace: 'team', pullSecret: 'pull' }
const GATEWAY: Partial<RenderOptions> = { workloadSelector: { app: 'gateway' } }
const PEERS = `{grants: {random: true, http: {outgoing: {hosts: ["https://api.example.com", "*.corp:8443", "http://10.1.2.3", "https://[2001:db8::1]:8443", "http://*:*"]}}}}`
const LIMITED =
  '{grants: {stdio: [stdout, stderr], env: {names: [LOG_LEVEL, "APP_*"]}}, limits: {memory: {maxPages: 64}}}'
const FILES =
  '{grants: {stdio: [stdin, stdout, stderr], filesystem: [{guest: /data, mode: ro}, {guest: /, mode: rw}, {guest: "/a b", mode: rw}]}}'

/** Options of targets: what has to be given, and what prints other objects. */
const VARIANTS: Readonly<Record<string, readonly Partial<RenderOptions>[]>> = {
  runwasi: [
    {},
    {
      ...COMMON,
      replicas: 2,
      network: 'cilium',
      runtimeClassObject: 'wasmtime',
      runtimeClass: 'wasm',
    },
  ],
  'image-volume': [{}, { pullSecret: 'pull' }],
  envoy: [{}, { listener: 'network' }, { envoyVersion: 39 }],
  istio: [
    { ...GATEWAY, ...COMMON },
    { ...GATEWAY, ...COMMON, api: 'trafficextension' },
    { ...GATEWAY, namespace: 'team', restrict: true },
    { ...GATEWAY, restrict: true, envoyVersion: 40 },
  ],
  'envoy-gateway': [GATEWAY, { ...GATEWAY, ...COMMON }],
  spin: [{}, { ...COMMON, replicas: 2 }],
  wasmcloud: [{}, { ...COMMON, replicas: 2 }],
}

const SPECS: Readonly<Record<string, readonly RenderScene[]>> = {
  'http-fetch': [{}, { spec: PEERS }],
  'rust-hello': [{}, { spec: LIMITED }],
  'c-files': [{}, { spec: FILES }],
}

/** Has nothing that runs, so nothing admits it. */
const WIT_PACKAGE = 'edge/wit-package'

/** What every target prints for every fixture, or that the fixture cannot run there. Other errors are thrown. */
export async function* renderEverything(): AsyncGenerator<
  readonly [name: string, rendered: Rendered | undefined]
> {
  for (const fixture of fixtureNames().filter((name) => name !== WIT_PACKAGE))
    for (const target of RENDER_TARGETS)
      for (const [at, options] of (VARIANTS[target.name] ?? [{}]).entries())
        for (const [index, scene] of (SPECS[fixture] ?? [{}]).entries()) {
          const name = `${fixture} for ${target.name}, ${at}.${index}`
          const { filesystem = [] } = (await readFixtureManifest(fixture, scene)).spec.grants
          const directories = new Map(filesystem.map(({ guest }) => [guest, 'data']))
          const request = { tag: '1.0.0', ...scene, options: { ...options, directories } }
          try {
            yield [name, await renderFixture(fixture, target.name, request)]
          } catch (error) {
            if (!(error instanceof WasmpackError) || error.code !== 'CAPABILITY_DENIED') throw error
            yield [name, undefined]
          }
        }
}

/** The Kubernetes objects of a rendering, a part of a pod template as the PodTemplate that it is of. */
export const listObjects = (rendered: Rendered | undefined): readonly RenderedObject[] =>
  rendered?.kind === 'objects'
    ? rendered.objects
    : rendered?.kind === 'template'
      ? [{ apiVersion: 'v1', kind: 'PodTemplate', metadata: {}, template: rendered.template }]
      : []

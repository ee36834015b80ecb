import { describe, expect, test } from 'vitest'

import type { ArtifactForm } from '../../../src/artifact/profiles/profile.ts'
import { findModule } from '../../../src/artifact/find-module.ts'
import { PUSH_FORMS, type PushProfile } from '../../../src/artifact/profiles/push-profile.ts'
import { describeProfile, describeShape } from '../../../src/gitops/readers/artifact-shape.ts'
import {
  listReadings,
  READER_NAMES,
  type Reader,
  requireReaders,
} from '../../../src/gitops/readers/readers.ts'
import { type Manifest, parseManifest } from '../../../src/oci/manifest.ts'
import { OCI_MANIFEST } from '../../../src/oci/media-types.ts'
import { readFixture } from '../../support/fixtures.ts'
import { inspectBytes } from '../../wasm/inspecting.ts'
import samples from './samples.json' with { type: 'json' }

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

async function readersOf(sample: keyof typeof samples, fixture: string): Promise<readonly Reader[]> {
  const { manifest: text, config } = samples[sample]
  const manifest = parseManifest(encode(text), OCI_MANIFEST) as Manifest
  const { form } = await findModule(manifest, { manifest: () => Promise.reject(new Error('no index')) })
  const inspection = await inspectBytes(readFixture(fixture))
  const shape = describeShape(manifest, encode(config), { kind: 'manifest', form, inspection })
  return listReadings(shape).flatMap(({ reader, reads }) => (reads ? [reader] : []))
}

/** As the real consumers did, Spin excepted: what accepted each sample, everything else refused it. */
const COMPONENT: Readonly<Record<string, readonly Reader[]>> = {
  d: ['runwasi', 'wasmcloud', 'spin', 'flux', 'wkg'],
  'd-entry': ['runwasi', 'wasmcloud', 'spin', 'flux', 'wkg'],
  'img-linux': ['runwasi', 'image-volume', 'flux', 'argo-cd'],
  'img-wasi': ['image-volume', 'flux', 'argo-cd'],
  legacy: ['flux'],
  proxy1: ['wasmcloud', 'flux'],
  proxy2: ['flux'],
  c: ['runwasi', 'flux'],
}

const FILTER: Readonly<Record<string, readonly Reader[]>> = {
  d: ['runwasi', 'flux', 'wkg'],
  'img-linux': ['istio', 'envoy-gateway', 'runwasi', 'image-volume', 'flux', 'argo-cd'],
  'img-wasi': ['istio', 'envoy-gateway', 'image-volume', 'flux', 'argo-cd'],
  legacy: ['kubewarden', 'flux'],
  proxy1: ['flux'],
  proxy2: ['istio', 'envoy-gateway', 'flux'],
}

describe('the table of readers answers as the real consumers did', () => {
  test.for(Object.entries(COMPONENT))('for a component in the layout %s', async ([layout, readers]) => {
    expect(await readersOf(`hello-component-${layout}` as keyof typeof samples, 'hello-component')).toEqual(
      readers,
    )
  })
  test.for(Object.entries(FILTER))('for a filter in the layout %s', async ([layout, readers]) => {
    expect(await readersOf(`proxy-filter-${layout}` as keyof typeof samples, 'proxy-filter')).toEqual(readers)
  })
})

test('an index is read by none of them, and an image for Istio has to call its file plugin.wasm', async () => {
  const inspection = await inspectBytes(readFixture('proxy-filter'))
  const shape = await describeProfile(
    { form: 'image', platform: { os: 'linux', architecture: 'amd64' } },
    inspection,
  )
  expect(listReadings({ ...shape, kind: 'index' }).filter(({ reads }) => reads)).toEqual([])
  const [istio] = listReadings({ ...shape, entrypoint: '/app.wasm' })
  expect(istio).toEqual({ reader: 'istio', reads: false, note: 'the file is not called plugin.wasm' })
})

test('the shape of a profile is that of what push writes', async () => {
  const inspection = await inspectBytes(readFixture('proxy-filter'))
  const shapes = await Promise.all(
    PUSH_FORMS.map((form) => {
      const profile: PushProfile =
        form === 'image' ? { form, platform: { os: 'linux', architecture: 'arm64' } } : { form }
      return describeProfile(profile, inspection)
    }),
  )
  expect(
    shapes.map(({ form, layerTypes, platform, entrypoint }) => ({
      form,
      layers: layerTypes.length,
      platform,
      entrypoint,
    })),
  ).toEqual([
    { form: 'wasm', layers: 1, platform: { os: 'wasip1', architecture: 'wasm' } },
    {
      form: 'image',
      layers: 1,
      platform: { os: 'linux', architecture: 'arm64' },
      entrypoint: '/plugin.wasm',
    },
    { form: 'legacy', layers: 1 },
    { form: 'proxy-wasm', layers: 2 },
  ])
})

describe('what consumers do not read is refused with the profile that works', () => {
  const refusal = async (
    fixture: string,
    form: ArtifactForm,
    readers: readonly Reader[],
  ): Promise<unknown> => {
    const shape = await describeProfile({ form } as PushProfile, await inspectBytes(readFixture(fixture)))
    return requireReaders(readers, shape).then(
      () => undefined,
      (error: unknown) => error,
    )
  }
  test.each<[string, readonly Reader[], string]>([
    ['proxy-filter', ['istio'], 'push the module with --profile image'],
    ['proxy-filter', ['istio', 'image-volume'], 'push the module with --profile image'],
    ['rust-hello', ['kubewarden'], 'push the module with --profile legacy'],
    ['rust-hello', ['istio'], 'no profile of this module works for istio'],
    [
      'hello-component',
      ['wasmcloud', 'image-volume'],
      'no profile works for all of them: push the module once for each, under tags of their own',
    ],
  ])('%s for %j', async (fixture, readers, hint) => {
    expect(await refusal(fixture, 'wasm', readers)).toMatchObject({ code: 'USAGE', hint })
  })
  test('and what they read is not', async () => {
    expect(await refusal('hello-component', 'wasm', ['runwasi', 'wasmcloud', 'wkg'])).toBeUndefined()
    expect(READER_NAMES).toHaveLength(10)
  })
})

import { gunzipSync } from 'node:zlib'

import { extract } from 'tar-stream'
import { describe, expect, it } from 'vitest'

import type { PackRequest } from '../../../src/artifact/profiles/pack.ts'
import {
  checkProfile,
  type PackedProfile,
  packProfile,
  type PushProfile,
} from '../../../src/artifact/profiles/push-profile.ts'
import { collect } from '../../../src/oci/descriptor.ts'
import { computeDigest } from '../../../src/oci/digest.ts'
import { createBytesCursor } from '../../../src/wasm/binary/bytes-cursor.ts'
import { inspectBinary } from '../../../src/wasm/inspect-binary.ts'
import { readFixture } from '../../support/fixtures.ts'
import { componentInspection, moduleInspection, witInspection } from '../inspections.ts'

const IMAGE: PushProfile = { form: 'image', platform: { os: 'linux', architecture: 'amd64' } }

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function pack(
  name: string,
  profile: PushProfile,
  more: Partial<PackRequest> = {},
  chunk = 1000,
): Promise<PackedProfile & { readonly configText: string; readonly json: Record<string, unknown> }> {
  const bytes = readFixture(name)
  const packed = await packProfile(
    profile,
    {
      inspection: await inspectBinary(createBytesCursor(bytes)),
      module: { digest: computeDigest(bytes), size: bytes.length },
      title: `${name}.wasm`,
      annotations: {},
      created: '1970-01-01T00:00:00Z',
      ...more,
    },
    () => inChunks(bytes, chunk),
  )
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
  return {
    ...packed,
    configText: text(await collect(packed.config.open(), 1 << 20, 'config')),
    json: JSON.parse(text(packed.manifest.bytes)),
  }
}

describe('an artifact of the profile', () => {
  it('image holds plugin.wasm alone, in a tree and a config that are always the same', async () => {
    const packed = await pack('rust-hello', IMAGE)
    expect(packed.configText).toBe(
      '{"created":"1970-01-01T00:00:00Z","architecture":"amd64","os":"linux","config":{"Entrypoint":["/plugin.wasm"]},' +
        '"rootfs":{"type":"layers","diff_ids":["sha256:5464533f10d82a9f9c6f36adda9f57c33609daef8f115d0cc74f2709a14dd47d"]}}',
    )
    expect(packed.json).toMatchObject({
      annotations: { 'module.wasm.image/variant': 'compat' },
      config: { mediaType: 'application/vnd.oci.image.config.v1+json' },
      layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip' }],
    })
    const layer = packed.layerBytes!
    expect(packed.layer).toMatchObject({ digest: computeDigest(layer), size: layer.length })
    expect(packed.layer.digest).toBe(
      'sha256:2b34ac4b8441720c962c86221cc5a1c9eb65882aba5ad91965a90b4b8cdad900',
    )
    const tree = extract()
    tree.end(gunzipSync(layer))
    const entries = []
    for await (const entry of tree) {
      const chunks: Buffer[] = []
      for await (const chunk of entry) chunks.push(chunk as Buffer)
      entries.push({ header: entry.header, bytes: Buffer.concat(chunks) })
    }
    expect(entries).toHaveLength(1)
    expect(entries[0]!.header).toMatchObject({
      name: 'plugin.wasm',
      type: 'file',
      mode: 0o755,
      uid: 0,
      gid: 0,
    })
    expect(entries[0]!.header.mtime).toEqual(new Date(0))
    expect(entries[0]!.bytes.equals(readFixture('rust-hello'))).toBe(true)
  })

  it('image does not depend on the pieces in which the module is read', async () => {
    const digests = new Set<string>()
    for (const chunk of [7, 1000, 1 << 20])
      digests.add((await pack('rust-hello', IMAGE, {}, chunk)).manifest.digest)
    expect(digests.size).toBe(1)
  })

  it('image is of the platform that is asked for', async () => {
    const arm = await pack('rust-hello', { form: 'image', platform: { os: 'linux', architecture: 'arm64' } })
    expect(JSON.parse(arm.configText)).toMatchObject({ os: 'linux', architecture: 'arm64' })
  })

  it('legacy has an empty config and the type of wasm-to-oci', async () => {
    const packed = await pack('proxy-filter', { form: 'legacy' })
    expect(packed.configText).toBe('{}')
    expect(packed.json).toMatchObject({
      config: { mediaType: 'application/vnd.wasm.config.v1+json', size: 2 },
      layers: [
        {
          mediaType: 'application/vnd.wasm.content.layer.v1+wasm',
          digest: computeDigest(readFixture('proxy-filter')),
          annotations: { 'org.opencontainers.image.title': 'proxy-filter.wasm' },
        },
      ],
    })
  })

  it('proxy-wasm has its config as first of two layers', async () => {
    const packed = await pack('proxy-filter', { form: 'proxy-wasm' })
    expect(packed.configText).toBe('{"type":"envoy_proxy","abiVersions":["0.2.1"],"config":{"rootIds":[""]}}')
    const { digest } = packed.config.descriptor
    expect(packed.json).toMatchObject({
      config: { mediaType: 'application/vnd.module.wasm.config.v1+json', digest },
      layers: [
        { mediaType: 'application/vnd.module.wasm.config.v1+json', digest },
        {
          mediaType: 'application/vnd.module.wasm.content.layer.v1+wasm',
          digest: computeDigest(readFixture('proxy-filter')),
        },
      ],
    })
    expect(packed.layer.digest).toBe(computeDigest(readFixture('proxy-filter')))
  })

  it('wasm names an entrypoint only where one is given', async () => {
    const plain = await pack('rust-hello', { form: 'wasm' })
    const named = await pack('rust-hello', { form: 'wasm', entrypoint: 'rust-hello.wasm' })
    expect(JSON.parse(plain.configText)).not.toHaveProperty('config')
    expect(JSON.parse(named.configText)).toEqual({
      ...JSON.parse(plain.configText),
      config: { Entrypoint: ['/rust-hello.wasm'] },
    })
  })

  it.each([{ form: 'wasm' }, IMAGE, { form: 'legacy' }, { form: 'proxy-wasm' }] as const)(
    '$form carries the capability manifest and the annotations of the user',
    async (profile) => {
      const packed = await pack('proxy-filter', profile, {
        capabilities: '{"kind":"CapabilityManifest"}',
        annotations: { team: 'edge', 'module.wasm.image/variant': 'other' },
      })
      expect(packed.json).toMatchObject({
        annotations: { 'dev.wasmpack.capabilities': '{"kind":"CapabilityManifest"}', team: 'edge' },
      })
      if (profile.form === 'image')
        expect(packed.json).toMatchObject({ annotations: { 'module.wasm.image/variant': 'compat' } })
    },
  )
})

describe('a profile that does not fit is refused', () => {
  it.each([
    ['image', witInspection, 'a WIT package has types and nothing that runs'],
    ['legacy', witInspection, 'a WIT package has types and nothing that runs'],
    ['legacy', componentInspection, 'run core modules, and this is a component'],
    ['proxy-wasm', moduleInspection, 'this exports none'],
    ['proxy-wasm', componentInspection, 'this exports none'],
  ] as const)('%s', (form, inspection, why) => {
    const profile = form === 'image' ? IMAGE : { form }
    expect(() => checkProfile(inspection, profile)).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        message: expect.stringContaining(why) as string,
        hint:
          inspection === witInspection ? 'use wkg to publish WIT packages' : 'push it with --profile wasm',
      }),
    )
  })

  it.each([
    ['wasm', witInspection],
    ['image', componentInspection],
    ['legacy', moduleInspection],
  ] as const)('and %s that fits is not', (form, inspection) => {
    checkProfile(inspection, form === 'image' ? IMAGE : { form })
  })
})

import { describe, expect, it } from 'vitest'

import type { PackRequest } from '../../../src/artifact/profiles/pack.ts'
import { packWasm } from '../../../src/artifact/profiles/wasm.ts'
import { collect } from '../../../src/oci/descriptor.ts'
import { computeDigest } from '../../../src/oci/digest.ts'
import { componentInspection, moduleInspection, witInspection } from '../inspections.ts'

const module = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])

const request: PackRequest = {
  inspection: moduleInspection,
  module: { digest: computeDigest(module), size: 8 },
  title: 'app.wasm',
  annotations: {},
  created: '1970-01-01T00:00:00Z',
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const configOf = async (packed: ReturnType<typeof packWasm>): Promise<string> =>
  text(await collect(packed.config.open(), 1 << 20, 'config'))

describe('packWasm', () => {
  it('writes a module with the config keys in the order of the specification', async () => {
    expect(await configOf(packWasm(request))).toBe(
      '{"created":"1970-01-01T00:00:00Z","author":null,"architecture":"wasm","os":"wasip1",' +
        '"layerDigests":["sha256:93a44bbb96c751218e4c00d479e4c14358122a389acca16205b1e4d0dc5f9476"],"component":null}',
    )
  })

  it('writes a component with its sorted imports and exports', async () => {
    expect(JSON.parse(await configOf(packWasm({ ...request, inspection: componentInspection })))).toEqual({
      created: '1970-01-01T00:00:00Z',
      author: null,
      architecture: 'wasm',
      os: 'wasip2',
      layerDigests: [request.module.digest],
      component: {
        exports: ['wasi:http/incoming-handler@0.2.0'],
        imports: ['wasi:cli/environment@0.2.0', 'wasi:io/streams@0.2.0'],
        target: null,
      },
    })
  })

  it('writes a WIT package as a component without imports', async () => {
    const config = JSON.parse(await configOf(packWasm({ ...request, inspection: witInspection })))
    expect(config).toMatchObject({ os: 'wasip2', component: { exports: ['a:a/i', 'b:b/w'], imports: [] } })
  })

  it('writes a manifest of canonical JSON whose config and layer are those that it gives back', async () => {
    const packed = packWasm(request)
    expect(text(packed.manifest.bytes)).toBe(
      `{"artifactType":"application/vnd.wasm.config.v1+json","config":{"digest":"${packed.config.descriptor.digest}","mediaType":"application/vnd.wasm.config.v0+json","size":192},` +
        `"layers":[{"annotations":{"org.opencontainers.image.title":"app.wasm"},"digest":"${request.module.digest}",` +
        '"mediaType":"application/wasm","size":8}],"mediaType":"application/vnd.oci.image.manifest.v1+json","schemaVersion":2}',
    )
    expect(packed.manifest.config).toEqual(packed.config.descriptor)
    expect(packed.manifest.layers[0]).toMatchObject({ digest: packed.layer.digest, size: packed.layer.size })
    const config = await configOf(packed)
    expect(packed.config.descriptor).toMatchObject({
      digest: computeDigest(new TextEncoder().encode(config)),
      size: config.length,
    })
  })

  it('gives the same digests on every machine, with the artifact type that Harbor shows as WASM', () => {
    const digests = [moduleInspection, componentInspection, witInspection].map(
      (inspection) =>
        packWasm({ ...request, inspection, annotations: { b: '2', a: '1' }, capabilities: '{"kind":"x"}' })
          .manifest.digest,
    )
    expect(digests).toEqual([
      'sha256:ef2c8ed1f47f24aef234ee62dcec883798419ffbf9947c6436201771bf6e9117',
      'sha256:ee8d0455ad1977f9a8aa30152c83aff7a949baab0d8e9f7e0a5962b3329b0a3c',
      'sha256:a03bba3da1667755a96df1ad9d9b189b73d9d25850678c42b9f1fd3339cc5a28',
    ])
  })

  it('depends on what is asked for, and on the order of nothing', () => {
    const digest = (change: Partial<PackRequest>): string =>
      packWasm({ ...request, ...change }).manifest.digest
    const same = [{}, {}, { artifactType: undefined, capabilities: undefined }]
    expect(new Set(same.map(digest)).size).toBe(1)
    expect(digest({ annotations: { a: '1', b: '2' } })).toBe(digest({ annotations: { b: '2', a: '1' } }))
    const shuffled = { ...componentInspection, imports: componentInspection.imports.toReversed() }
    expect(digest({ inspection: shuffled })).toBe(digest({ inspection: componentInspection }))
    const different: Partial<PackRequest>[] = [
      {},
      { title: 'other.wasm' },
      { artifactType: 'application/vnd.example' },
      { created: '2026-01-01T00:00:00Z' },
      { capabilities: '{}' },
      { annotations: { a: '' } },
      { inspection: componentInspection },
    ]
    expect(new Set(different.map(digest)).size).toBe(different.length)
  })

  it('takes annotations from the module, which those of the user override', () => {
    const metadata = {
      version: '1.2.3',
      description: 'A module.\nOf two lines.',
      licenses: 'Apache-2.0',
      source: 'https://example.com/source',
      homepage: 'https://example.com/',
      authors: 'A, B',
      revision: 'abc',
      name: 'not an annotation',
    }
    const inspection = { ...moduleInspection, metadata }
    const annotations = { 'org.opencontainers.image.version': '9', 'com.example': 'x' }
    expect({ ...packWasm({ ...request, inspection, annotations }).manifest.annotations }).toEqual({
      'org.opencontainers.image.version': '9',
      'org.opencontainers.image.description': 'A module.\nOf two lines.',
      'org.opencontainers.image.licenses': 'Apache-2.0',
      'org.opencontainers.image.source': 'https://example.com/source',
      'org.opencontainers.image.url': 'https://example.com/',
      'org.opencontainers.image.authors': 'A, B',
      'org.opencontainers.image.revision': 'abc',
      'com.example': 'x',
    })
  })

  it('leaves out what the module says of itself at too great a length', () => {
    const inspection = { ...moduleInspection, metadata: { description: 'x'.repeat(4097), version: '1' } }
    expect({ ...packWasm({ ...request, inspection }).manifest.annotations }).toEqual({
      'org.opencontainers.image.version': '1',
    })
  })

  it('carries the capability manifest as an annotation', () => {
    const { annotations } = packWasm({ ...request, capabilities: '{"kind":"CapabilityManifest"}' }).manifest
    expect({ ...annotations }).toEqual({ 'dev.wasmpack.capabilities': '{"kind":"CapabilityManifest"}' })
  })

  it('refuses a capability manifest above 64 KiB, in bytes', () => {
    expect(() => packWasm({ ...request, capabilities: 'x'.repeat(65_536) })).not.toThrow()
    expect(() => packWasm({ ...request, capabilities: `é${'x'.repeat(65_535)}` })).toThrow(
      expect.objectContaining({ code: 'CAPABILITY_MANIFEST_INVALID' }),
    )
  })

  it.each(['dev.wasmpack.capabilities', 'dev.wasmpack.', ''])('refuses the annotation %j', (key) => {
    expect(() => packWasm({ ...request, annotations: { [key]: 'x' } })).toThrow(
      expect.objectContaining({ code: 'USAGE' }),
    )
  })

  it('writes an annotation called __proto__ like any other', () => {
    const annotations = JSON.parse('{"__proto__":"x"}') as Record<string, string>
    expect(text(packWasm({ ...request, annotations }).manifest.bytes)).toContain(
      '"annotations":{"__proto__":"x"}',
    )
  })
})

import { describe, expect, it } from 'vitest'

import { computeDigest } from '../../src/oci/digest.ts'
import {
  getArtifactType,
  describeManifest,
  describeReferrer,
  isManifestType,
  parseManifest,
  getSuccessors,
} from '../../src/oci/manifest.ts'

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const INDEX = 'application/vnd.oci.image.index.v1+json'
const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'
const DOCKER_INDEX = 'application/vnd.docker.distribution.manifest.list.v2+json'

const config = {
  mediaType: 'application/vnd.wasm.config.v0+json',
  digest: `sha256:${'c'.repeat(64)}`,
  size: 2,
}
const layer = { mediaType: 'application/wasm', digest: `sha256:${'a'.repeat(64)}`, size: 8 }
const subject = { mediaType: MANIFEST, digest: `sha256:${'5'.repeat(64)}`, size: 100 }

const manifest = { schemaVersion: 2, mediaType: MANIFEST, config, layers: [layer] }
const index = { schemaVersion: 2, mediaType: INDEX, manifests: [subject] }

const encode = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))

describe('parseManifest', () => {
  it('reads a manifest and keeps its very bytes', () => {
    const bytes = encode(
      ` ${JSON.stringify({ ...manifest, subject, artifactType: 'a/b', annotations: { x: 'y' } })}\n`,
    )
    const parsed = parseManifest(bytes, MANIFEST)
    expect(parsed).toMatchObject({
      kind: 'manifest',
      mediaType: MANIFEST,
      config,
      layers: [layer],
      subject,
      artifactType: 'a/b',
      digest: computeDigest(bytes),
    })
    expect(parsed.bytes).toBe(bytes)
    expect({ ...parsed.annotations }).toEqual({ x: 'y' })
    expect(getSuccessors(parsed)).toEqual([config, layer])
  })

  it('reads an index', () => {
    const parsed = parseManifest(encode(index), INDEX)
    expect(parsed).toMatchObject({ kind: 'index', mediaType: INDEX, manifests: [subject] })
    expect(getSuccessors(parsed)).toEqual([subject])
  })

  it.each([
    [manifest, MANIFEST, MANIFEST],
    [{ ...manifest, mediaType: undefined }, MANIFEST, MANIFEST],
    [{ ...manifest, mediaType: undefined }, undefined, MANIFEST],
    [{ ...manifest, mediaType: undefined }, 'application/json', MANIFEST],
    [{ ...manifest, mediaType: undefined }, DOCKER_MANIFEST, DOCKER_MANIFEST],
    [{ ...manifest, mediaType: DOCKER_MANIFEST }, undefined, DOCKER_MANIFEST],
    [{ ...index, mediaType: undefined }, undefined, INDEX],
    [{ ...index, mediaType: undefined }, DOCKER_INDEX, DOCKER_INDEX],
  ])(
    'takes the type from the body, else from what was announced, else from the fields (%#)',
    (body, claimed, type) => {
      expect(parseManifest(encode(body), claimed).mediaType).toBe(type)
    },
  )

  it('reads a manifest without layers, with nulls where Go leaves a field empty', () => {
    const parsed = parseManifest(
      encode({ ...manifest, layers: null, subject: null, annotations: null }),
      MANIFEST,
    )
    expect(parsed).toMatchObject({ layers: [], annotations: {} })
    expect(parsed.subject).toBe(undefined)
  })

  it.each<[string, unknown, string | undefined, RegExp]>([
    ['a list', [], MANIFEST, /is not a JSON object/],
    ['HTML', '<html>', MANIFEST, /is HTML/],
    ['schema 1', { ...manifest, schemaVersion: 1 }, MANIFEST, /has no schemaVersion 2/],
    [
      'a mediaType that is a number',
      { ...manifest, mediaType: 1 },
      MANIFEST,
      /mediaType that is not a string/,
    ],
    ['another type than announced', manifest, INDEX, /has mediaType .*manifest.* but was served as .*index/],
    ['Docker announced as OCI', { ...manifest, mediaType: DOCKER_MANIFEST }, MANIFEST, /but was served as/],
    [
      'an index that is called a manifest',
      { ...index, mediaType: MANIFEST },
      undefined,
      /but has the fields of an index/,
    ],
    [
      'a manifest that is called an index',
      { ...manifest, mediaType: INDEX },
      undefined,
      /but has the fields of a manifest/,
    ],
    ['a manifest announced as an index', { ...manifest, mediaType: undefined }, INDEX, /but has the fields/],
    ['an unknown type', { ...manifest, mediaType: 'a/b' }, undefined, /is of type "a\/b"/],
    ['both kinds at once', { ...manifest, ...index, mediaType: undefined }, undefined, /ambiguous/],
    ['an index with a config', { ...index, config }, INDEX, /ambiguous/],
    [
      'an index with layers in another case',
      { ...index, Layers: [layer] },
      INDEX,
      /some parsers read as layers/,
    ],
    [
      'a subject in another case',
      { ...manifest, Subject: subject },
      MANIFEST,
      /some parsers read as subject/,
    ],
    [
      'a layer twice',
      JSON.stringify(manifest).replace('"layers":', '"layers":[],"layers":'),
      MANIFEST,
      /twice/,
    ],
    ['no config', { ...manifest, config: undefined }, MANIFEST, /config is not a descriptor/],
    ['layers that are no list', { ...manifest, layers: {} }, MANIFEST, /layers that is not a list/],
    ['a bad layer', { ...manifest, layers: [layer, {}] }, MANIFEST, /layers\[1\] has no valid mediaType/],
    ['a bad subject', { ...manifest, subject: {} }, MANIFEST, /subject has no valid mediaType/],
    ['an artifactType that is not a string', { ...manifest, artifactType: 1 }, MANIFEST, /artifactType/],
    ['annotations of numbers', { ...manifest, annotations: { a: 1 } }, MANIFEST, /is not a string/],
    [
      'too many layers',
      { ...manifest, layers: Array.from({ length: 10_001 }, () => layer) },
      MANIFEST,
      /more than 10000 layers/,
    ],
    ['too many bytes', `${' '.repeat(4 * 1024 * 1024)}{}`, MANIFEST, /is larger than 4194304 bytes/],
  ])('S10: refuses %s', (_, body, claimed, message) => {
    expect(() => parseManifest(encode(body), claimed, 'manifest x')).toThrow(
      expect.objectContaining({ code: 'ARTIFACT_MALFORMED', message: expect.stringMatching(message) }),
    )
  })
})

describe('describeManifest and describeReferrer', () => {
  it('name the manifest, the latter with what it is listed by', () => {
    const parsed = parseManifest(encode({ ...manifest, annotations: { a: 'b' } }), MANIFEST)
    const named = { mediaType: MANIFEST, digest: parsed.digest, size: parsed.bytes.length }
    expect(describeManifest(parsed)).toEqual(named)
    const listed = describeReferrer(parsed)
    expect({ ...listed, annotations: { ...listed.annotations } }).toEqual({
      ...named,
      artifactType: config.mediaType,
      annotations: { a: 'b' },
    })
    expect(describeReferrer(parseManifest(encode(index), INDEX))).not.toHaveProperty('annotations')
  })
})

describe('artifactTypeOf', () => {
  it('is the artifactType, else the type of the config, else nothing', () => {
    expect(getArtifactType(parseManifest(encode({ ...manifest, artifactType: 'a/b' }), MANIFEST))).toBe('a/b')
    expect(getArtifactType(parseManifest(encode({ ...manifest, artifactType: '' }), MANIFEST))).toBe(
      config.mediaType,
    )
    expect(getArtifactType(parseManifest(encode(index), INDEX))).toBe(undefined)
  })
})

describe('isManifestType', () => {
  it('knows the four types', () => {
    expect([MANIFEST, INDEX, DOCKER_MANIFEST, DOCKER_INDEX].every(isManifestType)).toBe(true)
    expect(isManifestType('application/json')).toBe(false)
  })
})

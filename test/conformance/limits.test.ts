import { lstatSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

import tar from 'tar-stream'
import { describe, expect, it, onTestFinished } from 'vitest'

import { admitModule, resolveForAdmission } from '../../src/delivery/admit.ts'
import { createBlob, collect } from '../../src/oci/descriptor.ts'
import { computeDigest } from '../../src/oci/digest.ts'
import { type Manifest, parseManifest } from '../../src/oci/manifest.ts'
import { OCI_MANIFEST } from '../../src/oci/media-types.ts'
import { openRegistry } from '../../src/oci/registry/registry-target.ts'
import { prepareFixture, EPOCH } from '../delivery/scene.ts'
import { publishArtifact } from '../../src/delivery/publish.ts'
import { newSigner } from '../signing/scene.ts'
import { blobFrom, emptyConfig, manifestOf, pushThing } from '../oci/artifacts.ts'
import { createHome, runWasmpack } from '../support/cli.ts'
import { readFixture } from '../support/fixtures.ts'
import { opened } from '../support/registry/opened.ts'

const MEBIBYTE = 1024 * 1024
const json = { 'content-type': 'application/vnd.oci.image.index.v1+json' }
const manifest = { 'content-type': 'application/vnd.oci.image.manifest.v1+json' }

/** JSON of a size, with spaces in it that any parser would pass over. */
const padded = (value: unknown, size: number): string => JSON.stringify(value) + ' '.repeat(size)

it.each([
  ['a manifest', /manifests/, manifest, padded({ schemaVersion: 2, layers: [] }, 4 * MEBIBYTE)],
  ['a list of tags', /tags/, json, padded({ tags: [] }, 4 * MEBIBYTE)],
  ['a list of referrers', /referrers/, json, padded({ schemaVersion: 2, manifests: [] }, 4 * MEBIBYTE)],
] as const)('S14: reads no more of %s than it takes', async (what, path, headers, body) => {
  const { registry, target } = await opened()
  const { digest } = await pushThing(target, 'a module', '1.0.0')
  registry.fault({ method: 'GET', path, fault: { kind: 'status', status: 200, headers, body } })
  const ask = {
    'a manifest': () => target.manifest('1.0.0'),
    'a list of tags': () => target.tags(),
    'a list of referrers': () => target.referrers(digest),
  }[what]
  await expect(ask()).rejects.toMatchObject({
    code: 'ARTIFACT_MALFORMED',
    message: expect.stringContaining('larger than 4194304 bytes') as string,
  })
})

it('S14: reads no more of a token than it takes', async () => {
  const account = { username: 'alice', password: 'secret' }
  const { registry, target } = await opened(
    { auth: { kind: 'bearer', ...account } },
    { credential: { kind: 'basic', ...account } },
  )
  const body = JSON.stringify({ token: 'x'.repeat(128 * 1024) })
  registry.fault({ path: /^\/token/, fault: { kind: 'status', status: 200, body } })
  await expect(target.tags()).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringContaining('answered with more than 131072 bytes') as string,
  })
})

it('S9: reads a layer from the registry alone, whatever urls its descriptor has', async () => {
  const { registry, target } = await opened()
  const layer = blobFrom('a module')
  const urls = [`${registry.storage.origin}/elsewhere`]
  const { bytes } = manifestOf({ layers: [Object.assign({}, layer.descriptor, { urls })] })
  expect(Buffer.from(bytes).toString()).toContain(urls[0])
  await target.push(layer)
  await target.push(emptyConfig)
  await target.pushManifest(parseManifest(bytes, OCI_MANIFEST), '1')
  registry.fault({ path: /blobs/, fault: { kind: 'status', status: 404 } })
  const manifest = (await target.manifest('1')) as Manifest
  await expect(collect(target.fetch(manifest.layers[0]!), 100, 'it')).rejects.toMatchObject({
    code: 'NOT_FOUND',
  })
  expect(registry.storage.log).toEqual([])
})

it('S13: decompresses no more of a layer than a module may have', async () => {
  const { target } = await opened()
  const bomb = gzipSync(Buffer.alloc(257 * MEBIBYTE), { level: 1 })
  const layer = createBlob(bomb, {
    mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
    digest: computeDigest(bomb),
    size: bomb.length,
  })
  await target.push(layer)
  await target.push(emptyConfig)
  await target.pushManifest(manifestOf({ layers: [layer.descriptor] }), '1')
  const request = { verifier: 'ignored', capabilityCheck: 'ignored' } as const
  const artifact = await resolveForAdmission(target, '1', request, {})
  await expect(admitModule(target, artifact, undefined, {})).rejects.toMatchObject({
    code: 'ARTIFACT_MALFORMED',
    exit: 5,
    message: expect.stringContaining('exceeds the limit of') as string,
  })
})

it.each(['its manifest', 'its layer'])(
  'S14: refuses an artifact of which %s is larger than its descriptor says',
  async (what) => {
    const { registry, target } = await opened()
    const prepared = await prepareFixture('as-hello')
    await publishArtifact(prepared, { tags: ['1'], signedAt: EPOCH, target }, {})
    const path = what === 'its layer' ? new RegExp(`blobs/${prepared.layer.descriptor.digest}`) : /manifests/
    registry.fault({ method: 'GET', path, fault: { kind: 'longer', by: 1 } })
    const request = { verifier: 'ignored', capabilityCheck: 'required' } as const
    const pulled = async (): Promise<unknown> =>
      admitModule(
        target,
        await resolveForAdmission(target, prepared.manifest.digest, request, {}),
        undefined,
        {},
      )
    await expect(pulled()).rejects.toMatchObject({ code: 'DIGEST_MISMATCH', exit: 5 })
  },
)

it('S18: a digest is not affected by a tag that was rolled back to an older signed artifact', async () => {
  const { registry, options, target } = await opened()
  const signer = await newSigner()
  const push = async (fixture: string): Promise<string> => {
    const prepared = await prepareFixture(fixture)
    await publishArtifact(prepared, { tags: ['1'], signedAt: EPOCH, target, signer }, {})
    return prepared.manifest.digest
  }
  const older = await push('as-hello')
  const newer = await push('rust-hello')
  registry.store.repository('team/app').tags.set('1', older)
  const reader = openRegistry({ kind: 'registry', registry: registry.host, repository: 'team/app' }, options)
  const read = async (reference: string): Promise<unknown> => {
    const { manifest, verification } = await resolveForAdmission(
      reader,
      reference,
      { verifier: signer.verifier, capabilityCheck: 'required' },
      {},
    )
    return [manifest.digest, verification?.subject]
  }
  // Its signature holds; which one it is, the verification says. A pinned reference goes by the digest alone.
  expect(await read('1')).toEqual([older, older])
  expect(await read(newer)).toEqual([newer, newer])
})

describe('a secret', () => {
  it.each([
    '--password=canary-secret',
    '-pcanary-secret',
    "--password=it's\ncanary-secret'",
    '--token=canary-secret',
  ])('S20: given as an argument is refused and not printed: %j', async (flag) => {
    const home = createHome()
    onTestFinished(() => home.dispose())
    for (const more of [[], ['--debug'], ['--format', 'json']]) {
      const run = await runWasmpack(home, ['login', 'registry.example', '-u', 'alice', flag, ...more])
      expect(run.exit).toBe(2)
      expect(run.stdout + run.stderr).not.toContain('canary-secret')
    }
  })
})

describe('a file tree that is pulled', () => {
  type Entry = Parameters<tar.Pack['entry']>[0] & { readonly content?: Buffer | string }
  const wasm = Buffer.from(readFixture('as-hello'))

  /** What a pull of the tree ends with, and every path below the user's directory that it made or changed. */
  async function pulled(entries: readonly Entry[], title?: string) {
    const pack = tar.pack()
    for (const { content, ...header } of entries)
      if (content === undefined) pack.entry(header)
      else pack.entry(header, content)
    pack.finalize()
    const parts: Buffer[] = []
    for await (const part of pack as unknown as AsyncIterable<Buffer>) parts.push(part)
    const bytes = gzipSync(Buffer.concat(parts))
    const { registry, target } = await opened()
    const layer = createBlob(bytes, {
      mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
      digest: computeDigest(bytes),
      size: bytes.length,
    })
    await target.push(layer)
    await target.push(emptyConfig)
    const annotations = title === undefined ? {} : { 'org.opencontainers.image.title': title }
    const described = { ...layer.descriptor, annotations }
    await target.pushManifest(manifestOf({ layers: [described], annotations }), '1')
    const home = createHome()
    onTestFinished(() => home.dispose())
    const out = join(home.work, 'a', 'b', 'out')
    mkdirSync(out, { recursive: true })
    writeFileSync(join(home.work, 'target'), 'untouched')
    const before = new Set(readdirSync(home.directory, { recursive: true, encoding: 'utf8' }))
    const flags = ['--insecure-ignore-signature', '--insecure-ignore-capabilities']
    const run = await runWasmpack(
      home,
      ['pull', `${registry.host}/team/app:1`, '--output-dir', out, ...flags],
      {
        env: { NODE_DISABLE_COMPILE_CACHE: '1' }, // of what is written, the code that Node keeps is of no interest here
      },
    )
    const made = readdirSync(home.directory, { recursive: true, encoding: 'utf8' }).filter(
      (path) => !before.has(path),
    )
    expect(readFileSync(join(home.work, 'target'), 'utf8')).toBe('untouched')
    return { run, made, home }
  }

  it.each([
    '../../../target',
    '../plugin.wasm',
    '/tmp/wasmpack-escape/plugin.wasm',
    'a/../../../plugin.wasm',
    '..\\plugin.wasm',
  ])(
    'S8: with names that lead out and %j for its module is refused, and nothing is written',
    async (name) => {
      const entry = name.endsWith('.wasm') ? name : `${name}.wasm`
      const { run, made } = await pulled([
        { name: 'lib', type: 'symlink', linkname: '../../..' },
        { name: 'lib/target', content: 'overwritten' },
        { name: '../../target', content: 'overwritten' },
        { name: entry, content: wasm },
      ])
      expect(run).toMatchObject({ exit: 5 })
      expect(made).toEqual([])
    },
  )

  it('S8: is never unpacked: only its module is written, where the user says', async () => {
    const { run, made, home } = await pulled([
      { name: 'lib', type: 'symlink', linkname: '../../..' },
      { name: 'etc/target', content: 'overwritten' },
      { name: 'opt/plugin.wasm', content: wasm },
    ])
    expect(run).toMatchObject({ exit: 0 })
    expect(made).toEqual([expect.stringMatching(/^work\/a\/b\/out\/[0-9a-f]{12}\.wasm$/)])
    const path = join(home.directory, made[0]!)
    expect(lstatSync(path).isFile()).toBe(true)
    expect(readFileSync(path).equals(wasm)).toBe(true)
  })

  it.each<[string, readonly Entry[]]>([
    ['a symbolic link', [{ name: 'plugin.wasm', type: 'symlink', linkname: '../../../target' }]],
    ['a hard link', [{ name: 'plugin.wasm', type: 'link', linkname: '/etc/passwd' }]],
    ['a device', [{ name: 'plugin.wasm', type: 'character-device' }]],
    [
      'a link and then a file of its name',
      [
        { name: 'plugin.wasm', type: 'symlink', linkname: '../../../target' },
        { name: 'plugin.wasm', content: wasm },
      ],
    ],
  ])('S8: with %s for its module is refused, and nothing is written', async (_, entries) => {
    const { run, made } = await pulled(entries)
    expect(run.exit).toBe(5)
    expect(run.stderr).toContain('[ARTIFACT_MALFORMED]')
    expect(made).toEqual([])
  })

  it.each(['../x.wasm', '/tmp/x.wasm', '-rf.wasm', '.hidden.wasm', 'a\\b.wasm', 'C:x.wasm'])(
    'S8: titled %j is refused, and nothing is written',
    async (title) => {
      const { run, made } = await pulled([{ name: 'plugin.wasm', content: wasm }], title)
      expect(run.exit).toBe(5)
      expect(made).toEqual([])
    },
  )

  it.each(['.bashrc', 'target', '../../target'])(
    'S8: titled %j, which is no name of a module, is named by its digest',
    async (title) => {
      const { run, made } = await pulled([{ name: 'plugin.wasm', content: wasm }], title)
      expect(run.exit).toBe(0)
      expect(made).toEqual([expect.stringMatching(/^work\/a\/b\/out\/[0-9a-f]{12}\.wasm$/)])
    },
  )
})

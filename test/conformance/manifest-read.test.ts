import { describe, expect, it, onTestFinished } from 'vitest'

import { describeManifest } from '../../src/oci/manifest.ts'
import { OCI_INDEX, OCI_MANIFEST } from '../../src/oci/media-types.ts'
import { indexOf, pushThing, referrerOf } from '../oci/artifacts.ts'
import { createHome, runWasmpack } from '../support/cli.ts'
import { opened } from '../support/registry/opened.ts'
import { hurryStalls } from '../support/time.ts'

const HEAD = { method: 'HEAD', path: /manifests/ } as const
const GET = { method: 'GET', path: /manifests/ } as const

describe('resolution of a tag', () => {
  it.each([
    ['without a digest', { 'docker-content-digest': undefined }],
    ['with an empty digest', { 'docker-content-digest': '' }],
    ['with a digest of another kind', { 'docker-content-digest': `md5:${'0'.repeat(32)}` }],
    ['without a length', { 'content-length': undefined }],
    ['with a length of nothing', { 'content-length': '0' }],
    ['without a type', { 'content-type': undefined }],
    ['with the type of a page', { 'content-type': 'text/html' }],
  ])('F49: reads the manifest itself after an answer to HEAD %s', async (_, headers) => {
    const { registry, target } = await opened()
    const manifest = await pushThing(target, 'a module', '1')
    registry.fault({ ...HEAD, fault: { kind: 'headers', headers } })
    expect(await target.resolve('1')).toEqual(describeManifest(manifest))
  })

  it.each([405, 403, 404, 400, 501])(
    'F49: reads the manifest itself where HEAD is answered %i',
    async (status) => {
      const { registry, target } = await opened()
      const manifest = await pushThing(target, 'a module', '1')
      registry.fault({ ...HEAD, fault: { kind: 'status', status } })
      const resolved = target.resolve('1')
      // 404 is the answer to a tag that is not there, and would cost every first push a request more.
      if (status === 404) await expect(resolved).rejects.toMatchObject({ code: 'NOT_FOUND' })
      else expect(await resolved).toEqual(describeManifest(manifest))
    },
  )
})

it('F49: resolve reads the manifest where HEAD is answered 404', async () => {
  const { registry, target } = await opened()
  const { digest } = await pushThing(target, 'a module', '1')
  registry.fault({ ...HEAD, fault: { kind: 'status', status: 404 } })
  const home = createHome()
  onTestFinished(() => home.dispose())
  const run = await runWasmpack(home, ['resolve', `${registry.host}/team/app:1`])
  expect(run).toMatchObject({ exit: 0, stdout: `${registry.host}/team/app@${digest}\n` })
})

describe('reading of a manifest', () => {
  it.each(['; charset=utf-8', ';charset=UTF-8', ' ; a="b;c"'])(
    'F50: ignores the parameters of a Content-Type: %j',
    async (parameters) => {
      const { registry, target } = await opened()
      const manifest = await pushThing(target, 'a module', '1')
      const headers = { 'content-type': OCI_MANIFEST + parameters }
      for (const asked of [HEAD, GET]) registry.fault({ ...asked, fault: { kind: 'headers', headers } })
      expect(await target.resolve('1')).toEqual(describeManifest(manifest))
      expect((await target.manifest('1')).digest).toBe(manifest.digest)
    },
  )

  it.each([undefined, '', 'application/octet-stream', 'application/json', 'text/plain', 'APPLICATION/JSON'])(
    'F50: takes the mediaType in the manifest where the Content-Type is %j',
    async (type) => {
      const { registry, target } = await opened()
      const manifest = await pushThing(target, 'a module', '1')
      registry.fault({ ...GET, fault: { kind: 'headers', headers: { 'content-type': type } } })
      expect(await target.manifest('1')).toMatchObject({ digest: manifest.digest, mediaType: OCI_MANIFEST })
    },
  )

  it.each(['1', 'its digest'])(
    'F50: reports a web page in place of a manifest, requested by %s',
    async (by) => {
      const { registry, target } = await opened()
      const { digest } = await pushThing(target, 'a module', '1')
      registry.fault({ ...GET, fault: { kind: 'html' } })
      await expect(target.manifest(by === '1' ? by : digest)).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        exit: 9,
        message: expect.stringMatching(/^received a web page instead of the manifest of /) as string,
      })
    },
  )

  it.each([
    ['an index for a manifest', OCI_INDEX],
    ['a manifest of Docker for one of OCI', 'application/vnd.docker.distribution.manifest.v2+json'],
  ])('F51: refuses a Content-Type that announces %s', async (_, type) => {
    const { registry, target } = await opened()
    await pushThing(target, 'a module', '1')
    registry.fault({ ...GET, fault: { kind: 'headers', headers: { 'content-type': type } } })
    await expect(target.manifest('1')).rejects.toMatchObject({ code: 'ARTIFACT_MALFORMED' })
  })

  it.each(['manifest', 'index'])(
    'F52: accepts every type that it reads, so that registries which honour Accept return the %s',
    async (kind) => {
      const { registry, target } = await opened({ accept: true })
      const manifest = await pushThing(target, 'a module', 'manifest')
      await target.pushManifest(indexOf([manifest]), 'index')
      expect(await target.manifest(kind)).toMatchObject({ kind })
      await target.resolve(kind)
      const asked = registry.log.filter(({ url, method }) => url.endsWith(kind) && method !== 'PUT')
      expect(asked).toHaveLength(2)
      for (const { headers } of asked)
        expect(headers.accept?.split(', ').toSorted()).toEqual([
          'application/vnd.docker.distribution.manifest.list.v2+json',
          'application/vnd.docker.distribution.manifest.v2+json',
          'application/vnd.oci.image.index.v1+json',
          'application/vnd.oci.image.manifest.v1+json',
        ])
    },
  )
})

describe('a manifest, token or list that arrives', () => {
  it.each([
    ['truncate', /manifests\/1$/, 'manifest'],
    ['truncate', /manifests\/sha256:/, 'by digest'],
    ['truncate', /tags/, 'tags'],
    ['truncate', /referrers/, 'referrers'],
    ['truncate', /manifests\/sha256-/, 'fallback'],
    ['truncate', /^\/token/, 'token'],
    ['stall', /manifests\/1$/, 'manifest'],
    ['stall', /^\/token/, 'token'],
  ] as const)('F36 F41: broken (%s of %s) is requested again', async (kind, path, what) => {
    const account = { username: 'alice', password: 'secret' } as const
    const { registry, target, waits } = await opened(
      { auth: { kind: 'bearer', ...account }, referrersApi: what !== 'fallback' },
      { credential: { kind: 'basic', ...account } },
    )
    hurryStalls(registry)
    const manifest = await pushThing(target, 'a module', '1')
    const referrer = await referrerOf(target, manifest, 'signed')
    await target.pushManifest(referrer)
    if (what === 'token') registry.expireTokens()
    const before = waits.length
    registry.log.length = 0
    registry.fault({ method: 'GET', path, times: 2, fault: { kind, after: 5 } })
    const { digest } = manifest
    const read: Readonly<Record<typeof what, () => Promise<unknown>>> = {
      manifest: async () => (await target.manifest('1')).digest,
      'by digest': async () => (await target.manifest(digest)).digest,
      tags: () => target.tags(),
      referrers: async () => (await target.referrers(digest)).map((each) => each.digest),
      fallback: async () => (await target.referrers(digest)).map((each) => each.digest),
      token: async () => (await target.manifest('1')).digest,
    }
    const expected = { tags: ['1'], referrers: [referrer.digest], fallback: [referrer.digest] } as Readonly<
      Record<string, unknown>
    >
    expect(await read[what]()).toEqual(expected[what] ?? digest)
    expect(registry.log.filter(({ url }) => path.test(url))).toHaveLength(3)
    expect(waits.slice(before)).toHaveLength(2)
  })

  it('F36: broken every time is reported as UNAVAILABLE', async () => {
    const { registry, target } = await opened()
    await pushThing(target, 'a module', '1')
    registry.log.length = 0
    registry.fault({ ...GET, fault: { kind: 'truncate', after: 5 } })
    await expect(target.manifest('1')).rejects.toMatchObject({ code: 'UNAVAILABLE', exit: 9 })
    expect(registry.log).toHaveLength(5)
  })

  it('F40: compressed by a proxy is refused with a reason', async () => {
    const { registry, target } = await opened()
    await pushThing(target, 'a module', '1')
    registry.fault({ ...GET, fault: { kind: 'gzip' } })
    await expect(target.manifest('1')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('Content-Encoding "gzip"') as string,
    })
  })
})

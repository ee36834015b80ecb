import { describe, expect, it } from 'vitest'

import { collect } from '../../../src/oci/descriptor.ts'
import { checkCredentials } from '../../../src/oci/registry/check-credentials.ts'
import type { Credential } from '../../../src/oci/registry/credential.ts'
import { openRegistry } from '../../../src/oci/registry/registry-target.ts'
import type { Target } from '../../../src/oci/target.ts'
import { type Opened, opened } from '../../support/registry/opened.ts'
import type { Switches } from '../../support/registry/switches.ts'
import { blobFrom, manifestOf, pushThing, referrerOf } from '../artifacts.ts'

const robot: Credential = { kind: 'basic', username: 'robot$ci', password: 'ci-password' }
const reader: Credential = { kind: 'basic', username: 'robot$priv+reader', password: 'reader-password' }
const wrong: Credential = { ...robot, password: 'wrong-password' }

const harbor = (
  repository = 'priv/app',
  credential: Credential | undefined = robot,
  switches: Switches = {},
): Promise<Opened> =>
  opened({ like: 'harbor', ...switches }, { repository, ...(credential === undefined ? {} : { credential }) })

/** Another repository of the same registry, opened with the same tokens. */
const beside = ({ registry, options }: Opened, repository: string): Target =>
  openRegistry({ kind: 'registry', registry: registry.host, repository }, options)

const words = (text: string): string => expect.stringContaining(text) as string

describe('Harbor', () => {
  it('gives tokens beside an empty access_token, which is never sent', async () => {
    const { registry, target } = await harbor()
    const thing = await pushThing(target, 'a module', '1.0.0')
    expect((await target.manifest('1.0.0')).digest).toBe(thing.digest)
    const sent = registry.log
      .filter(({ url }) => url.startsWith('/v2/'))
      .map(({ headers }) => headers.authorization)
    expect(sent).toEqual([
      undefined,
      ...Array.from({ length: sent.length - 1 }, () => 'Bearer issued-token-1'),
    ])
  })

  it('challenges a refused token with Basic, and gets a new token instead of the password', async () => {
    const { registry, target } = await harbor()
    await pushThing(target, 'a module', '1.0.0')
    registry.expireTokens()
    registry.log.length = 0
    await target.resolve('1.0.0')
    expect(
      registry.log.map(({ method, headers }) => `${method} ${headers.authorization?.split(' ')[0]}`),
    ).toEqual(['HEAD Bearer', 'GET Basic', 'HEAD Bearer'])
    expect(registry.log[1]!.url).toMatch(/^\/service\/token\?/)
  })

  it.each(['priv/app', 'pub/app'])(
    'login tells a wrong password, which a token for %s does not',
    async (repository) => {
      const { registry, target, transport } = await harbor(repository, wrong)
      const layer = blobFrom('a module')
      registry.store.repository(repository).blobs.set(layer.descriptor.digest, Buffer.from('a module'))
      if (repository === 'pub/app')
        expect(await collect(target.fetch(layer.descriptor), 1024, 'layer')).toHaveLength(8)
      await expect(target.push(blobFrom('another module'))).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
        exit: 7,
      })
      await expect(checkCredentials(registry.host, wrong, { transport })).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
        exit: 7,
      })
      await checkCredentials(registry.host, robot, { transport })
      await checkCredentials(registry.host, reader, { transport })
    },
  )

  it('says of an account without the right what it lacks, by a 401', async () => {
    const { registry, target } = await harbor('priv/app', reader)
    await expect(target.push(blobFrom('a module'))).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      message: words('action: push'),
    })
    expect(registry.log.filter(({ method }) => method === 'POST')).toHaveLength(2)
  })

  it('reads a public project without an account', async () => {
    const { registry, target } = await harbor('pub/app', undefined)
    await expect(target.resolve('1.0.0')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(registry.log.at(-1)!.headers.authorization).toMatch(/^Bearer /)
  })

  it('wants a signature before it serves an artifact, and takes it before or after', async () => {
    const { registry, target } = await harbor('ct/app')
    const thing = await pushThing(target, 'a module', '1.0.0')
    const refused = {
      code: 'REGISTRY_REFUSED',
      exit: 8,
      message: words(
        `error from registry ${registry.host}: PROJECTPOLICYVIOLATION: The image is not signed by cosign.`,
      ),
      hint: words('sign'),
    }
    await expect(target.manifest(thing.digest)).rejects.toMatchObject(refused)
    await expect(target.resolve('1.0.0')).rejects.toMatchObject(refused)
    await target.pushManifest(await referrerOf(target, thing, 'an SBOM'))
    await expect(target.resolve('1.0.0')).rejects.toMatchObject(refused)
    const signature = manifestOf({
      layers: [],
      artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      subject: { mediaType: thing.mediaType, digest: thing.digest, size: thing.bytes.length },
    })
    await target.pushManifest(signature)
    expect((await target.resolve('1.0.0')).digest).toBe(thing.digest)
    expect((await target.manifest(signature.digest)).digest).toBe(signature.digest)
  })

  it('keeps an immutable tag, also from the very artifact that it names', async () => {
    const { registry, target } = await harbor('imm/app')
    const thing = await pushThing(target, 'one', '1.0.0')
    await expect(pushThing(target, 'two', '1.0.0')).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
      exit: 8,
      message: words(
        `error from registry ${registry.host}: PRECONDITION: Failed to process request due to 'app:1.0.0' configured as immutable.`,
      ),
      hint: words('new tag'),
    })
    await pushThing(target, 'one', '1.0.0')
    expect((await target.resolve('1.0.0')).digest).toBe(thing.digest)
  })

  it('refuses what is above a quota, after it was sent, and writes no tag', async () => {
    const { registry, target } = await harbor('quo/app')
    await target.push(blobFrom('x'.repeat(150_000)))
    await expect(target.push(blobFrom('y'.repeat(150_000)))).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
      message: words('will exceed the configured upper limit of 195.3 KiB'),
    })
    expect(registry.store.repository('quo/app').tags.size).toBe(0)
  })

  it('finds a list of referrers that knows types with a plus sign', async () => {
    const { registry, target } = await harbor()
    const thing = await pushThing(target, 'a module', '1.0.0')
    const type = 'application/vnd.dev.sigstore.bundle.v0.3+json'
    const subject = { mediaType: thing.mediaType, digest: thing.digest, size: thing.bytes.length }
    const signature = manifestOf({ layers: [], artifactType: type, subject })
    await target.pushManifest(signature)
    expect((await target.referrers(thing.digest)).map(({ digest }) => digest)).toEqual([signature.digest])
    for (const { url } of registry.log) expect(url).not.toMatch(/artifactType=[^&]*\+/)
  })

  it('has no session any more after a break, and gets a new one', async () => {
    const { registry, target } = await harbor()
    registry.fault({ method: 'PUT', times: 1, fault: { kind: 'drop-upload', after: 100_000 } })
    const large = blobFrom('x'.repeat(300_000))
    await target.push(large)
    const opened = registry.requests().filter((line) => line.startsWith('POST'))
    expect(opened.length).toBeGreaterThanOrEqual(2)
    expect(registry.store.repository('priv/app').blobs.has(large.descriptor.digest)).toBe(true)
  })

  it('serves what a proxy cache does not know yet, with empty headers, and takes nothing', async () => {
    const upstream = await opened()
    const thing = await pushThing(upstream.target, 'a module', '1.0.0')
    const scene = await harbor('px/up/app')
    scene.registry.store.repositories.set('px/up/app', upstream.registry.store.repository('team/app'))
    expect((await scene.target.manifest('1.0.0')).digest).toBe(thing.digest)
    expect((await scene.target.resolve('1.0.0')).digest).toBe(thing.digest)
    expect(await scene.target.referrers(thing.digest)).toEqual([])
    await expect(scene.target.push(blobFrom('another'))).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
      message: words('proxy project'),
    })
  })

  it('knows neither a project that is not there nor a repository without one', async () => {
    const scene = await harbor('nope/app')
    await expect(scene.target.push(blobFrom('a module'))).rejects.toMatchObject({
      message: words('project nope not found'),
    })
    await expect(beside(scene, 'app').push(blobFrom('a module'))).rejects.toMatchObject({
      message: words('invalid repository name: app'),
    })
  })
})

import { describe, expect, it } from 'vitest'

import { systemClock } from '../../../src/http/retry.ts'
import { collect } from '../../../src/oci/descriptor.ts'
import { checkCredentials } from '../../../src/oci/registry/auth/check-credentials.ts'
import type { Credential } from '../../../src/oci/registry/credentials/credential.ts'
import type { Manifest } from '../../../src/oci/manifest.ts'
import { openRegistry } from '../../../src/oci/registry/registry-target.ts'
import type { Target } from '../../../src/oci/target.ts'
import { verifySignatures } from '../../../src/attestations/verify.ts'
import { newSigner } from '../../signing/scene.ts'
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
        message: words('the password is wrong, or the account is disabled or expired'),
        hint: words(`wasmpack login ${registry.host}`),
      })
      await expect(checkCredentials(registry.host, wrong, { transport })).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
        exit: 7,
      })
      await checkCredentials(registry.host, robot, { transport })
      await checkCredentials(registry.host, reader, { transport })
    },
  )

  it.each([
    ['disabled', 'robot$priv+off', 'off-password'],
    ['expired', 'robot$priv+old', 'old-password'],
  ])('names a %s robot by one request for a token without a scope', async (_, username, password) => {
    const credential: Credential = { kind: 'basic', username, password }
    const { registry, target, transport } = await harbor('priv/app', credential)
    const unauthenticated = { code: 'UNAUTHENTICATED', exit: 7 }
    await expect(target.push(blobFrom('a module'))).rejects.toMatchObject({
      ...unauthenticated,
      message: words('the password is wrong, or the account is disabled or expired'),
    })
    await expect(target.resolve('1.0.0')).rejects.toMatchObject(unauthenticated)
    await expect(checkCredentials(registry.host, credential, { transport })).rejects.toMatchObject({
      ...unauthenticated,
      hint: words('the account is not disabled or expired'),
    })
  })

  it('keeps an upload that is given up without the right to delete, and the error is the one before', async () => {
    const { registry, target } = await harbor()
    const reason = new Error('enough')
    const abort = new AbortController()
    const progress = (): void => abort.abort(reason)
    const large = blobFrom('x'.repeat(200_000))
    await expect(target.push(large, { signal: abort.signal, progress })).rejects.toBe(reason)
    expect(registry.log.at(-1)!.method).toBe('DELETE')
    expect(registry.store.uploads.size).toBe(1)
  })

  it('says of an account without the right what it lacks, by a 401', async () => {
    const { registry, target } = await harbor('priv/app', reader)
    await expect(target.push(blobFrom('a module'))).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      message: words(`have no push permission on ${registry.host}/priv/app`),
      hint: words('ask the administrator of the project'),
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
    const sbom = await referrerOf(target, thing, 'an SBOM')
    await target.pushManifest(sbom)
    await expect(target.resolve('1.0.0')).rejects.toMatchObject(refused)
    const signature = manifestOf({
      layers: [],
      artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      subject: { mediaType: thing.mediaType, digest: thing.digest, size: thing.bytes.length },
    })
    await target.pushManifest(signature)
    expect((await target.resolve('1.0.0')).digest).toBe(thing.digest)
    expect((await target.manifest(signature.digest)).digest).toBe(signature.digest)
    // Each manifest by itself: what is attached to a signed one is listed, and is not served.
    expect((await target.referrers(thing.digest)).map(({ digest }) => digest)).toContain(sbom.digest)
    await expect(target.manifest(sbom.digest)).rejects.toMatchObject(refused)
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
      exit: 8,
      message: words('will exceed the configured upper limit of 195.3 KiB'),
      hint: words('ask its administrator for a larger quota'),
    })
    expect(registry.store.repository('quo/app').tags.size).toBe(0)
  })

  it('counts a quota by project: another one is not full, and a mount from there is refused like an upload', async () => {
    const scene = await harbor('quo/app')
    await scene.target.push(blobFrom('x'.repeat(150_000)))
    const large = blobFrom('y'.repeat(150_000))
    expect(await beside(scene, 'priv/base').push(large)).toBe('pushed')
    await expect(scene.target.push(large, { from: 'priv/base' })).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
      message: words('the storage quota of the project is exceeded: 146.5 KiB of 195.3 KiB used'),
    })
  })

  it('is met again after a while without the registry behind it', async () => {
    const clock = { ...systemClock, random: () => 0.9 }
    const { registry, target } = await opened(
      { like: 'harbor' },
      { repository: 'priv/app', credential: robot, clock },
    )
    await target.push(blobFrom('one'))
    await registry.goAway({ as: 502, part: 'backend', seconds: 0.6 })
    expect(await target.push(blobFrom('two'))).toBe('pushed')
    await registry.goAway({ as: 503, seconds: 0.6 })
    expect(await target.push(blobFrom('three'))).toBe('pushed')
    expect(registry.log.filter(({ method }) => method === 'POST').length).toBeGreaterThan(4)
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
    const [layer] = (thing as Manifest).layers
    expect(await collect(scene.target.fetch(layer!), 1024, 'layer')).toHaveLength(layer!.size)
    await expect(scene.target.manifest('none')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      exit: 6,
      message: words('resource not found: repo px/up/app, tag none not found'),
    })
    await expect(scene.target.push(blobFrom('another'))).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
      message: words('a proxy cache of another registry'),
      hint: words('push to that registry'),
    })
    // The words for a missing fallback tag tell such a project from another one.
    const { verifier } = await newSigner()
    await expect(verifySignatures(scene.target, thing.digest, verifier)).rejects.toMatchObject({
      code: 'SIGNATURE_MISSING',
      exit: 4,
      hint: words('a proxy cache, which does not list the signatures of the registry behind it'),
    })
  })

  it('knows no tag, no digest and no list of a repository that is not there', async () => {
    const { target } = await harbor('priv/none')
    const notFound = { code: 'NOT_FOUND', exit: 6 }
    const absent = blobFrom('absent').descriptor.digest
    await expect(target.tags()).rejects.toMatchObject({ ...notFound, message: words('does not exist') })
    await expect(target.manifest('1.0.0')).rejects.toMatchObject(notFound)
    await expect(target.manifest(absent)).rejects.toMatchObject(notFound)
    expect(await target.referrers(absent)).toEqual([])
  })

  it('knows neither a project that is not there nor a repository without one', async () => {
    const scene = await harbor('nope/app')
    await expect(scene.target.push(blobFrom('a module'))).rejects.toMatchObject({
      code: 'NOT_FOUND',
      exit: 6,
      message: words('project nope does not exist'),
      hint: words('Harbor requires creating a project'),
    })
    await expect(beside(scene, 'app').push(blobFrom('a module'))).rejects.toMatchObject({
      code: 'REFERENCE_INVALID',
      message: words('is not a valid repository name'),
      hint: words(`${scene.registry.host}/PROJECT/NAME`),
    })
  })

  it.each([
    [
      'the account may not read',
      'ct/base',
      { kind: 'basic', username: 'robot$priv+ci', password: 'ci-password' },
    ],
    ['is not there', 'nope/base', robot],
    ['does not hold the blob', 'priv/base', robot],
  ] as const)('uploads a blob where the repository to mount it from %s', async (_, from, credential) => {
    const { registry, target } = await harbor('priv/app', credential)
    const layer = blobFrom('a module')
    if (from === 'ct/base')
      registry.store.repository(from).blobs.set(layer.descriptor.digest, Buffer.from('a module'))
    expect(await target.push(layer, { from })).toBe('pushed')
    expect(registry.store.repository('priv/app').blobs.has(layer.descriptor.digest)).toBe(true)
  })

  it('mounts a blob from another project with one token for both', async () => {
    const { registry, target } = await harbor()
    const layer = blobFrom('a module')
    registry.store.repository('pub/base').blobs.set(layer.descriptor.digest, Buffer.from('a module'))
    expect(await target.push(layer, { from: 'pub/base' })).toBe('mounted')
    expect(registry.requests().filter((line) => line.includes('/service/token'))).toHaveLength(1)
  })

  it('takes nothing in read-only mode, and says so before and after it was given credentials', async () => {
    const { registry, target } = await harbor('priv/app', robot, { readOnly: true })
    await expect(target.push(blobFrom('a module'))).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
      exit: 8,
      message: words('in read-only mode'),
      hint: words('after its maintenance'),
    })
    const posted = registry.log.filter(({ method }) => method === 'POST')
    expect(posted.map(({ headers }) => headers.authorization !== undefined)).toEqual([false, true])
  })

  it('has nginx in front, whose pages are told from its own words', async () => {
    const limited = await harbor('priv/app', robot, { bodyLimit: 10_000 })
    await expect(limited.target.push(blobFrom('x'.repeat(20_000)))).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
      exit: 8,
      message: words('20000 bytes exceed it'),
      hint: words('client_max_body_size'),
    })
    const long = await harbor('priv/app', { kind: 'registry-token', token: 'x'.repeat(9000) })
    await expect(long.target.push(blobFrom('a module'))).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
      exit: 8,
      message: words('as too large, probably for the bearer token'),
      hint: words('large_client_header_buffers'),
    })
    expect([...limited.debug, ...long.debug].join('\n')).not.toContain('<html')
  })
})

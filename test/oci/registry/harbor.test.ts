import { describe, expect, it } from 'vitest'

import { checkCredentials } from '../../../src/oci/registry/check-credentials.ts'
import type { Credential } from '../../../src/oci/registry/credential.ts'
import { collect } from '../../../src/oci/descriptor.ts'
import { opened } from '../../support/registry/opened.ts'
import { blobFrom, pushThing, referrerOf } from '../artifacts.ts'

const account = { username: 'robot$team+ci', password: 'right-password' } as const
const credential: Credential = { kind: 'basic', ...account }
const wrong: Credential = { ...credential, password: 'wrong-password' }
const auth = { kind: 'bearer', like: 'harbor', ...account } as const

describe('Harbor', () => {
  it('gives tokens beside an empty access_token, which is never sent', async () => {
    const { registry, target } = await opened({ auth }, { credential })
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
    const { registry, target } = await opened({ auth }, { credential })
    await pushThing(target, 'a module', '1.0.0')
    registry.expireTokens()
    registry.log.length = 0
    await target.resolve('1.0.0')
    expect(
      registry.log.map(({ method, headers }) => `${method} ${headers.authorization?.split(' ')[0]}`),
    ).toEqual(['HEAD Bearer', 'GET Basic', 'HEAD Bearer'])
    expect(registry.log[1]!.url).toMatch(/^\/token\?/)
  })

  it('hides a wrong password behind an anonymous token, and login tells it', async () => {
    const { registry, target, transport } = await opened(
      { auth: { ...auth, readable: true } },
      { credential: wrong },
    )
    const layer = blobFrom('a module')
    registry.store.repository('team/app').blobs.set(layer.descriptor.digest, Buffer.from('a module'))
    expect(await collect(target.fetch(layer.descriptor), 1024, 'layer')).toHaveLength(8)
    await expect(target.push(blobFrom('another module'))).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      exit: 7,
    })
    await expect(checkCredentials(registry.host, wrong, { transport })).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      exit: 7,
    })
    await checkCredentials(registry.host, credential, { transport })
  })

  it('wants a signature before it serves an artifact, and says so', async () => {
    const { registry, target } = await opened({ auth, contentTrust: true }, { credential })
    const thing = await pushThing(target, 'a module', '1.0.0')
    const refused = {
      code: 'REGISTRY_REFUSED',
      exit: 8,
      message: expect.stringContaining(
        `error from registry ${registry.host}: PROJECTPOLICYVIOLATION: The image is not signed by cosign.`,
      ) as string,
      hint: expect.stringContaining('sign') as string,
    }
    await expect(target.manifest(thing.digest)).rejects.toMatchObject(refused)
    await expect(target.resolve('1.0.0')).rejects.toMatchObject(refused)
    await target.pushManifest(await referrerOf(target, thing, 'a signature'))
    expect((await target.resolve('1.0.0')).digest).toBe(thing.digest)
  })

  it('keeps an immutable tag, and says so', async () => {
    const { registry, target } = await opened({ auth, immutableTags: true }, { credential })
    const thing = await pushThing(target, 'one', '1.0.0')
    await expect(pushThing(target, 'two', '1.0.0')).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
      exit: 8,
      message: expect.stringContaining(
        `error from registry ${registry.host}: PRECONDITION: Failed to process request due to 'app:1.0.0' configured as immutable.`,
      ) as string,
      hint: expect.stringContaining('use a new tag') as string,
    })
    expect((await target.resolve('1.0.0')).digest).toBe(thing.digest)
  })
})

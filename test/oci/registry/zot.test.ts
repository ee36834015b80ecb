import { describe, expect, it } from 'vitest'

import { checkCredentials } from '../../../src/oci/registry/check-credentials.ts'
import type { Credential } from '../../../src/oci/registry/credential.ts'
import { opened } from '../../support/registry/opened.ts'
import { blobFrom, pushThing } from '../artifacts.ts'

const account = { username: 'ci', password: 'right-password' } as const
const credential: Credential = { kind: 'basic', ...account }
const policy = { kind: 'anonymous-pull', ...account } as const

describe('zot', () => {
  it('welcomes everybody with a challenge on the 200, which proves no password', async () => {
    const { registry, transport } = await opened({ auth: policy })
    const welcome = await transport.send({ method: 'GET', url: `${registry.origin}/v2/` })
    await welcome.discard()
    expect([welcome.status, welcome.header('www-authenticate')]).toEqual([200, 'basic realm=zot'])
    await checkCredentials(registry.host, credential, { transport })
    await expect(
      checkCredentials(registry.host, { ...credential, password: 'wrong-password' }, { transport }),
    ).rejects.toMatchObject({ code: 'UNAUTHENTICATED', exit: 7 })
  })

  it('lets everybody read what only an account may write', async () => {
    const { registry, target } = await opened({ auth: policy }, { credential })
    const thing = await pushThing(target, 'a module', '1.0.0')
    const { target: anonymous, registry: other } = await opened({ auth: policy })
    for (const [name, repository] of registry.store.repositories)
      other.store.repositories.set(name, repository)
    expect((await anonymous.resolve('1.0.0')).digest).toBe(thing.digest)
    await expect(anonymous.push(blobFrom('another module'))).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      exit: 7,
    })
  })

  it('refuses an expired token without a challenge, and the remembered one is answered', async () => {
    const { registry, target } = await opened(
      { auth: { kind: 'bearer', like: 'zot', ...account } },
      { credential },
    )
    const thing = await pushThing(target, 'a module', '1.0.0')
    registry.expireTokens()
    registry.log.length = 0
    expect((await target.manifest('1.0.0')).digest).toBe(thing.digest)
    expect(registry.log.map(({ url, headers }) => [url.split('?', 1)[0], headers.authorization])).toEqual([
      ['/v2/team/app/manifests/1.0.0', 'Bearer issued-token-1'],
      ['/token', expect.stringMatching(/^Basic /)],
      ['/v2/team/app/manifests/1.0.0', 'Bearer issued-token-2'],
    ])
  })

  it('says 403 with a challenge, which is never answered', async () => {
    const { registry, target } = await opened({ auth: { ...policy, rights: 'pull' } }, { credential })
    await expect(target.push(blobFrom('a module'))).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      exit: 7,
      message: expect.stringContaining('DENIED') as string,
    })
    expect(registry.log.map(({ headers }) => headers.authorization?.split(' ')[0])).toEqual([
      undefined,
      'Basic',
    ])
  })

  it('says 403 to a request without credentials too, which is not sent again with them', async () => {
    const { registry, target } = await opened({ auth: policy }, { credential })
    const headers = { 'www-authenticate': 'basic realm=zot' }
    registry.fault({ method: 'POST', fault: { kind: 'status', status: 403, headers } })
    await expect(target.push(blobFrom('a module'))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(registry.log).toHaveLength(1)
  })

  it('gets the length of every body that it is sent', async () => {
    const { registry, target } = await opened({ auth: policy }, { credential })
    const large = blobFrom('x'.repeat(200_000))
    await target.push(large)
    await pushThing(target, 'a module', '1.0.0')
    const bodies = registry.log.filter(({ method }) => method === 'PUT')
    expect(bodies).toHaveLength(4)
    for (const { headers } of bodies) {
      expect(Number(headers['content-length'])).toBeGreaterThan(0)
      expect(headers['transfer-encoding']).toBeUndefined()
    }
  })
})

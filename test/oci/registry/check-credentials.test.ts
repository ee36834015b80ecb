import { describe, expect, it } from 'vitest'

import { checkCredentials } from '../../../src/oci/registry/check-credentials.ts'
import type { Credential } from '../../../src/oci/registry/credential.ts'
import { opened } from '../../support/registry/opened.ts'
import type { Switches } from '../../support/registry/registry.ts'

const account = { username: 'robot$ci', password: 'right-password' } as const
const right: Credential = { kind: 'basic', ...account }
const wrong: Credential = { ...right, password: 'wrong-password' }

describe('checkCredentials', () => {
  const auths: readonly (readonly [string, NonNullable<Switches['auth']>])[] = [
    ['distribution with htpasswd', { kind: 'basic', ...account }],
    ['distribution with tokens', { kind: 'bearer', ...account }],
    ['Harbor', { kind: 'bearer', like: 'harbor', ...account }],
    ['zot with tokens', { kind: 'bearer', like: 'zot', ...account }],
    ['zot that everybody may read', { kind: 'anonymous-pull', ...account }],
  ]
  it.each(auths)('tells a right password from a wrong one on %s', async (_, auth) => {
    const { registry, transport, debug } = await opened({ auth })
    await checkCredentials(registry.host, right, transport)
    await expect(checkCredentials(registry.host, wrong, transport)).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    })
    expect(debug.join('\n')).not.toMatch(/right-password|wrong-password/)
  })

  it('tells a right identity token from a wrong one', async () => {
    const identityToken = 'right-identity'
    const { registry, transport } = await opened({ auth: { kind: 'bearer', ...account, identityToken } })
    await checkCredentials(registry.host, { kind: 'identity-token', token: identityToken }, transport)
    await expect(
      checkCredentials(registry.host, { kind: 'identity-token', token: 'wrong' }, transport),
    ).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  })

  it('does not accept an identity token on the word of a registry that welcomes everybody', async () => {
    const { registry, transport } = await opened()
    await expect(
      checkCredentials(registry.host, { kind: 'identity-token', token: 'any-token' }, transport),
    ).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  })

  it('says that a server is no registry', async () => {
    const { registry, transport } = await opened()
    registry.fault({ fault: { kind: 'status', status: 404 } })
    await expect(checkCredentials(registry.host, right, transport)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('is no registry') as string,
    })
  })
})

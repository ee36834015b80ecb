import { describe, expect, it } from 'vitest'

import { checkCredentials } from '../../../../src/oci/registry/auth/check-credentials.ts'
import type { Credential } from '../../../../src/oci/registry/credentials/credential.ts'
import { opened } from '../../../support/registry/opened.ts'
import type { Switches } from '../../../support/registry/registry.ts'
import type { FaultRule } from '../../../support/registry/fault.ts'

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
    await checkCredentials(registry.host, right, { transport })
    await expect(checkCredentials(registry.host, wrong, { transport })).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    })
    expect(debug.join('\n')).not.toMatch(/right-password|wrong-password/)
  })

  it('tells a right identity token from a wrong one', async () => {
    const identityToken = 'right-identity'
    const { registry, transport } = await opened({ auth: { kind: 'bearer', ...account, identityToken } })
    await checkCredentials(registry.host, { kind: 'identity-token', token: identityToken }, { transport })
    await expect(
      checkCredentials(registry.host, { kind: 'identity-token', token: 'wrong' }, { transport }),
    ).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  })

  it('does not accept an identity token on the word of a registry that welcomes everybody', async () => {
    const { registry, transport } = await opened()
    await expect(
      checkCredentials(registry.host, { kind: 'identity-token', token: 'any-token' }, { transport }),
    ).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  })

  it.each([
    ['a login page of its own', {}],
    ['a login page with status 200 and no type', { 'content-type': '' }],
  ])('does not take %s for a welcome', async (_, headers) => {
    const { registry, transport } = await opened({ auth: { kind: 'basic', ...account } })
    registry.fault({
      path: /^\/v2\/$/,
      fault: { kind: 'status', status: 302, headers: { location: '/login' } },
    })
    const body = '<!doctype html><html><head><title>Sign in</title></head></html>'
    const page = { 'content-type': 'text/html; charset=utf-8', ...headers }
    registry.fault({ path: /^\/login$/, fault: { kind: 'status', status: 200, headers: page, body } })
    await expect(checkCredentials(registry.host, wrong, { transport })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      hint: expect.stringContaining('a login page or a captive portal') as string,
    })
  })

  it('does not follow a redirect to another server, whatever that would say', async () => {
    const [{ registry, transport }, { registry: portal }] = [await opened(), await opened()]
    const location = `${portal.origin}/v2/`
    registry.fault({ fault: { kind: 'status', status: 302, headers: { location } } })
    await expect(checkCredentials(registry.host, wrong, { transport })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining(portal.host) as string,
    })
    expect(portal.log).toEqual([])
  })

  it('does not take a login page for a welcome to a token', async () => {
    const { registry, transport } = await opened({ auth: { kind: 'bearer', ...account } })
    registry.fault({ path: /^\/v2\/$/, times: 1, fault: { kind: 'headers', headers: {} } })
    registry.fault({ path: /^\/v2\/$/, times: 1, fault: { kind: 'html' } })
    await expect(checkCredentials(registry.host, right, { transport })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    })
  })

  const ping = (type: string, body: string, more: Readonly<Record<string, string>> = {}): FaultRule => ({
    fault: { kind: 'status', status: 200, headers: { 'content-type': type, ...more }, body },
  })
  const version = { 'docker-distribution-api-version': 'registry/2.0' }
  it.each([
    ['an empty body', ping('text/plain', '')],
    ['an empty object', ping('application/json', '{}')],
    ['JSON under another type', ping('text/plain', '{}')],
    ['a text and the version of the API', ping('text/plain', 'welcome', version)],
  ])('takes %s for a welcome', async (_, rule) => {
    const { registry, transport } = await opened()
    registry.fault(rule)
    await expect(checkCredentials(registry.host, right, { transport })).resolves.toEqual({})
  })

  it.each([
    ['a text', ping('text/plain', 'welcome')],
    ['a web page, although it names the version of the API', ping('text/html', '<html></html>', version)],
  ])('does not take %s for a welcome', async (_, rule) => {
    const { registry, transport } = await opened()
    registry.fault(rule)
    await expect(checkCredentials(registry.host, right, { transport })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    })
  })

  it('says that a server is no registry', async () => {
    const { registry, transport } = await opened()
    registry.fault({ fault: { kind: 'status', status: 404 } })
    await expect(checkCredentials(registry.host, right, { transport })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('is not a registry') as string,
    })
  })
})

import { describe, expect, it } from 'vitest'

import { discoverProvider } from '../../src/oidc/provider.ts'
import { startProvider } from '../support/sigstore/oidc-provider.ts'
import { openQuickTransport } from '../support/sigstore/sigstore.ts'

it('discoverProvider finds the endpoints of an issuer', async () => {
  const { issuer } = await startProvider()
  const { transport } = openQuickTransport()
  expect(await discoverProvider(issuer, transport)).toMatchObject({
    issuer,
    tokenEndpoint: `${issuer}/token`,
    namesIssuer: true,
    clientAuthentication: 'client_secret_basic',
  })
})

describe('T24: discovery is believed only about its own issuer, and only with TLS or on loopback', () => {
  it.each<[string, (metadata: Record<string, unknown>, origin: string) => void, string]>([
    [
      'another issuer',
      (metadata) => (metadata['issuer'] = 'https://evil.example'),
      'calls itself "https://evil.example"',
    ],
    [
      'the issuer with a slash',
      (metadata) => (metadata['issuer'] = `${String(metadata['issuer'])}/`),
      'calls itself',
    ],
    ['no issuer', (metadata) => delete metadata['issuer'], 'calls itself "undefined"'],
    [
      'a token endpoint over plain http',
      (metadata) => (metadata['token_endpoint'] = 'http://keycloak.example.com/token'),
      'the token_endpoint of the identity provider 127.0.0.1:PORT is http://keycloak.example.com/token: expected an https URL',
    ],
    [
      'a device endpoint over plain http',
      (metadata) => (metadata['device_authorization_endpoint'] = 'http://keycloak.example.com/device'),
      'expected an https URL',
    ],
    [
      'an authorization endpoint that is a script',
      (metadata) => (metadata['authorization_endpoint'] = 'javascript:alert(1)'),
      'expected an https URL',
    ],
    [
      'a token endpoint with a password',
      (metadata) => (metadata['token_endpoint'] = 'https://user:password@keycloak.example.com/token'),
      'expected an https URL',
    ],
    ['no token endpoint', (metadata) => delete metadata['token_endpoint'], 'has no token_endpoint'],
  ])('%s', async (_, metadata, message) => {
    const { issuer, port } = await startProvider({ metadata })
    const { transport } = openQuickTransport()
    await expect(discoverProvider(issuer, transport)).rejects.toMatchObject({
      exit: 7,
      message: expect.stringContaining(message.replace('PORT', String(port))),
    })
  })

  it.each([
    'http://keycloak.example.com/realms/wasm',
    'ftp://localhost/',
    'keycloak.example.com',
    'https://a:b@c.example',
  ])('the issuer %s, of which nothing is asked', async (issuer) => {
    const { transport, debug } = openQuickTransport()
    await expect(discoverProvider(issuer, transport)).rejects.toMatchObject({
      exit: 7,
      message: expect.stringContaining('expected an https URL'),
    })
    expect(debug).toEqual([])
  })
})

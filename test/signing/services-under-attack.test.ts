import type { RequestListener } from 'node:http'

import { describe, expect, it, onTestFinished } from 'vitest'

import { Transport } from '../../src/http/transport.ts'
import { discoverProvider } from '../../src/oidc/provider.ts'
import { githubActionsTokens } from '../../src/oidc/sources/github-actions.ts'
import { readIdentityToken } from '../../src/oidc/identity-token.ts'
import { writeCertificateRequest } from '../../src/signing/keyless/certificate-request.ts'
import { createFulcio } from '../../src/signing/keyless/fulcio.ts'
import type { Witness } from '../../src/signing/witness.ts'
import { createRekor1 } from '../../src/signing/witnesses/rekor1.ts'
import { createRekor2 } from '../../src/signing/witnesses/rekor2.ts'
import { createTimestampAuthority } from '../../src/signing/witnesses/timestamp-authority.ts'
import { encodePreAuth } from '../../src/signing/dsse.ts'
import { generateKeyPairSync } from 'node:crypto'
import { impatientClock } from '../support/registry/opened.ts'
import { serve } from '../support/serve.ts'
import { goodClaims, makeToken } from '../support/sigstore/tokens.ts'
import { newSigner } from './scene.ts'

const ISSUER = 'https://keycloak.example.com/realms/wasm'
const TOKEN = makeToken(goodClaims(ISSUER))

const testify =
  (create: (url: string, transport: Transport) => Witness) => async (url: string, transport: Transport) => {
    const content = { payloadType: 'text/plain', payload: Buffer.from('payload') }
    const raw = await (await newSigner()).sign(encodePreAuth(content))
    return create(url, transport).testify(content, raw)
  }

/** How each service is asked, with a secret where it gets one. */
const SERVICES: Readonly<Record<string, (url: string, transport: Transport) => Promise<unknown>>> = {
  Fulcio: (url, transport) => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const spki = publicKey.export({ format: 'der', type: 'spki' })
    const token = readIdentityToken(TOKEN, { audiences: ['sigstore'], now: Date.now() }, 'the test')
    transport.registerSecret(TOKEN)
    return createFulcio(url, transport).certify(writeCertificateRequest(privateKey), spki, token)
  },
  'Rekor 1': testify(createRekor1),
  'Rekor 2': testify(createRekor2),
  'timestamp authority': testify(createTimestampAuthority),
  'identity provider': (url, transport) => discoverProvider(url, transport),
  'GitHub Actions': (url, transport) =>
    githubActionsTokens(
      { url: `${url}/?api-version=2`, token: 'runner-secret' },
      'sigstore',
      transport,
    ).fetchToken(),
}

const HUGE = 100 * 1024 * 1024

/** What a service does, and what is said of it. */
const ATTACKS: Readonly<
  Record<string, readonly [attack: (elsewhere: string) => RequestListener, message: string]>
> = {
  'redirects to another server': [
    (elsewhere) => (_, response) => void response.writeHead(307, { location: `${elsewhere}/stolen` }).end(),
    'to another server',
  ],
  'answers 100 MB': [
    () => (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': String(HUGE) })
      const chunk = Buffer.alloc(64 * 1024, ' ')
      const send = (): void => {
        while (!response.destroyed && response.write(chunk));
      }
      response.on('drain', send)
      send()
    },
    'answered with more than',
  ],
  'answers HTML': [
    () => (_, response) =>
      void response.writeHead(200, { 'content-type': 'text/html' }).end('<html><title>Login</title></html>'),
    'answered with',
  ],
  'refuses with HTML': [
    () => (_, response) =>
      void response.writeHead(403, { 'content-type': 'text/html' }).end('<html><title>Login</title></html>'),
    'answered 403 Forbidden: a web page, "Login"',
  ],
  'never answers': [() => () => undefined, 'did not respond in time'],
  'sends what it was sent': [
    () => (request, response) => {
      const parts: Buffer[] = []
      request.on('data', (part: Buffer) => parts.push(part))
      request.on('end', () =>
        response.writeHead(400).end(`${Buffer.concat(parts).toString()} ${request.headers.authorization}`),
      )
    },
    'answered 400',
  ],
}

describe.each(Object.entries(SERVICES))('T25: %s', (_, ask) => {
  it.each(Object.entries(ATTACKS))('that %s', async (_, [attack, message]) => {
    const elsewhere = await serve((_, response) => void response.end('{}'))
    const service = await serve(attack(elsewhere.origin))
    const debug: string[] = []
    const transport = new Transport({
      clock: impatientClock(),
      retries: 0,
      timeouts: { headers: 200 },
      debug: (line) => debug.push(line),
    })
    onTestFinished(() => transport.close())
    const error = await ask(service.origin, transport).then(
      () => new Error('was accepted'),
      (error: unknown) => error as Error & { readonly hint?: string; readonly details?: unknown },
    )
    expect(error).toMatchObject({ name: 'WasmpackError', exit: expect.toBeOneOf([7, 9]) })
    expect(error.message).toContain(message)
    expect(elsewhere.seen).toEqual([])
    const output = [error.message, 'hint' in error ? error.hint : '', JSON.stringify(error), ...debug].join(
      '\n',
    )
    for (const secret of [TOKEN, TOKEN.split('.')[2]!, 'runner-secret']) expect(output).not.toContain(secret)
  })
})

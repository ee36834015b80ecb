import { createSecureServer } from 'node:http2'
import { createServer } from 'node:net'
import { type TLSSocket, createServer as createTlsServer } from 'node:tls'

import { describe, expect, it, onTestFinished, vi } from 'vitest'

import type { HttpResponse } from '../../src/http/response.ts'
import { Transport, type TransportOptions } from '../../src/http/transport.ts'
import { parseReference } from '../../src/oci/reference.ts'
import { createTargetOpener } from '../../src/delivery/open/open-target.ts'
import {
  AUTHORITY,
  CLIENT_CERTIFICATE,
  CLIENT_KEY,
  ENCRYPTED_CLIENT_KEY,
  EXPIRED_CERTIFICATE,
  EXPIRED_KEY,
  OTHER_AUTHORITY,
  SELF_SIGNED_CERTIFICATE,
  SELF_SIGNED_KEY,
  SERVER_CERTIFICATE,
  SERVER_KEY,
  STRANGER_CERTIFICATE,
  STRANGER_KEY,
} from '../support/certificates.ts'
import { impatientClock } from '../support/registry/opened.ts'
import { startRegistry } from '../support/registry/registry.ts'
import { type Served, listening, serve } from '../support/serve.ts'

const TLS = { cert: SERVER_CERTIFICATE, key: SERVER_KEY }
const CLIENT = { certificate: CLIENT_CERTIFICATE, key: CLIENT_KEY }
const lookUps = vi.hoisted(() => ({ names: [] as string[] }))

vi.mock('node:dns', async (original) => {
  const dns = await original<typeof import('node:dns')>()
  return {
    ...dns,
    lookup: (name: string, _: unknown, done: (error: Error) => void) => {
      lookUps.names.push(name)
      done(
        Object.assign(new Error(`getaddrinfo EAI_AGAIN ${name}`), {
          code: 'EAI_AGAIN',
          syscall: 'getaddrinfo',
        }),
      )
    },
  }
})

interface Sent {
  readonly transport: Transport
  readonly waits: readonly number[]
}

function open(options: TransportOptions = {}): Sent {
  const clock = impatientClock()
  const transport = new Transport({ clock, ca: AUTHORITY, ...options })
  onTestFinished(() => transport.close())
  return { transport, waits: clock.waits }
}

async function text(response: HttpResponse): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const chunk of response.body) parts.push(chunk)
  return Buffer.concat(parts).toString()
}

/** Answers whatever is asked with these bytes and closes the connection. */
async function answering(...parts: readonly string[]): Promise<string> {
  const port = await listening(
    createServer((socket) => {
      socket.once('data', () => {
        for (const part of parts) socket.write(part)
        socket.end()
      })
    }),
  )
  return `http://127.0.0.1:${port}/`
}

describe('DNS', () => {
  it('F60: a temporary failure (EAI_AGAIN) is retried', async () => {
    const { transport, waits } = open()
    await expect(
      transport.send({ method: 'GET', url: 'https://registry.example/', allowedAddresses: ['public'] }),
    ).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message:
        'cannot resolve host registry.example: the DNS server did not answer; gave up after 5 attempts',
    })
    expect(lookUps.names).toEqual(Array.from({ length: 5 }, () => 'registry.example'))
    expect(waits).toHaveLength(4)
  })
})

describe('a server certificate', () => {
  it.each([
    ['expired', { cert: EXPIRED_CERTIFICATE, key: EXPIRED_KEY }, 'presented an expired certificate', 'renew'],
    [
      'signed by nobody that is trusted',
      { cert: STRANGER_CERTIFICATE, key: STRANGER_KEY },
      'presented a certificate that no trusted authority signed',
      '--ca-file',
    ],
    [
      'signed by itself',
      { cert: SELF_SIGNED_CERTIFICATE, key: SELF_SIGNED_KEY },
      'presented a certificate that no trusted authority signed',
      '--ca-file',
    ],
  ])('F60: that is %s fails before anything is sent', async (_, tls, message, hint) => {
    const server = await serve((_, response) => response.end(), tls)
    const { transport, waits } = open()
    await expect(transport.send({ method: 'GET', url: server.origin })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      exit: 9,
      message: expect.stringContaining(message) as string,
      hint: expect.stringContaining(hint) as string,
    })
    expect(waits).toEqual([])
    expect(server.seen).toEqual([])
  })

  it('F60: that is self-signed is trusted when --ca-file names it', async () => {
    const server = await serve((_, response) => response.end('own'), {
      cert: SELF_SIGNED_CERTIFICATE,
      key: SELF_SIGNED_KEY,
    })
    const { transport } = open({ ca: SELF_SIGNED_CERTIFICATE })
    expect(await text(await transport.send({ method: 'GET', url: server.origin }))).toBe('own')
  })

  it('F60: for another host fails, and the hint says that --ca-file does not help', async () => {
    // Ours is for 127.0.0.1, and another address of this machine leads to it.
    const port = await listening(createTlsServer(TLS))
    const { transport, waits } = open()
    await expect(
      transport.send({ method: 'GET', url: `https://[::ffff:127.0.0.1]:${port}/` }),
    ).rejects.toMatchObject({
      message: expect.stringContaining('presented a certificate for another host') as string,
      hint: expect.stringContaining('--ca-file does not help') as string,
    })
    expect(waits).toEqual([])
  })

  it('a bundle of several authorities makes each of them trusted', async () => {
    const servers = [
      await serve((_, response) => response.end('own'), TLS),
      await serve((_, response) => response.end('other'), { cert: STRANGER_CERTIFICATE, key: STRANGER_KEY }),
    ]
    const ca = `# the first\n${OTHER_AUTHORITY}\n# the second\n${AUTHORITY}`
    const { transport } = open({ ca })
    const read = servers.map(async ({ origin }) => text(await transport.send({ method: 'GET', url: origin })))
    expect(await Promise.all(read)).toEqual(['own', 'other'])
  })

  it('a bundle with a certificate that cannot be read is refused and says which', () => {
    const broken = AUTHORITY.replace(/\n.{20}/, '\nAAAAAAAAAAAAAAAAAAAA')
    expect(() => new Transport({ ca: OTHER_AUTHORITY + broken })).toThrow(
      expect.objectContaining({
        code: 'KEY_INVALID',
        message: 'certificate 2 of 2 in the certificate authorities is malformed',
      }),
    )
  })
})

describe('a client certificate', () => {
  /** A server that asks for a certificate, content with none; `shown` tells whose it was given. */
  async function asking(location?: () => string): Promise<Served & { readonly shown: string[] }> {
    const shown: string[] = []
    const server = await serve(
      ({ socket }, response) => {
        shown.push(String((socket as TLSSocket).getPeerCertificate().subject?.CN))
        if (location === undefined) response.end()
        else response.writeHead(307, { location: location() }).end()
      },
      { ...TLS, ca: AUTHORITY, requestCert: true, rejectUnauthorized: false },
    )
    return Object.assign(server, { shown })
  }

  it('S4: is sent to the registry that the user named, and to no server that it redirects to', async () => {
    const other = await asking()
    const own = await asking(() => other.origin)
    const { transport } = open({ clientCertificate: CLIENT })
    const origin = transport.resolveOrigin(new URL(own.origin).host)
    expect(origin).toBe(own.origin)
    await (await transport.send({ method: 'GET', url: origin })).discard()
    await (await transport.send({ method: 'GET', url: `${other.origin}/token` })).discard()
    expect(own.shown).toEqual(['wasmpack-client'])
    expect(other.shown).toEqual(['undefined', 'undefined'])
  })

  it('a server that insists on one is an error that names the flags', async () => {
    const port = await listening(
      createTlsServer({ ...TLS, ca: AUTHORITY, requestCert: true, rejectUnauthorized: true }),
    )
    const { transport } = open()
    await expect(
      transport.send({ method: 'GET', url: `https://127.0.0.1:${port}/`, retry: false }),
    ).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      exit: 7,
      hint: expect.stringContaining('--cert-file and --key-file') as string,
    })
  })

  it.each([
    [
      'another key',
      { certificate: CLIENT_CERTIFICATE, key: SERVER_KEY },
      'the key does not match the client certificate',
    ],
    [
      'an encrypted key',
      { certificate: CLIENT_CERTIFICATE, key: ENCRYPTED_CLIENT_KEY },
      'the key of the client certificate is encrypted',
    ],
    [
      'no key',
      { certificate: CLIENT_CERTIFICATE, key: CLIENT_CERTIFICATE },
      'the key of the client certificate is not a PEM private key',
    ],
    [
      'no certificate',
      { certificate: CLIENT_KEY, key: CLIENT_KEY },
      'the client certificate has no PEM certificate',
    ],
    [
      'half a certificate',
      { certificate: CLIENT_CERTIFICATE.replace(/\n.{20}/, '\nAAAA'), key: CLIENT_KEY },
      'the client certificate is malformed',
    ],
  ])('%s is refused before any request', (_, clientCertificate, message) => {
    expect(() => new Transport({ clientCertificate })).toThrow(
      expect.objectContaining({ code: 'KEY_INVALID', exit: 5, message }),
    )
  })
})

describe('HTTP', () => {
  it('F60: an HTTP/1.0 answer ends with its connection', async () => {
    const url = await answering('HTTP/1.0 200 OK\r\ncontent-type: text/plain\r\n\r\n', 'all of', ' it')
    const { transport } = open()
    expect(await text(await transport.send({ method: 'GET', url }))).toBe('all of it')
  })

  it('F60: 1xx answers, 100 Continue among them, are skipped', async () => {
    const url = await answering(
      'HTTP/1.1 100 Continue\r\n\r\n',
      'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n',
      'HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n',
    )
    const { transport } = open()
    const body = {
      size: 4,
      open: async function* () {
        yield Buffer.from('wasm')
      },
    }
    expect((await transport.send({ method: 'PUT', url, body })).status).toBe(201)
  })

  it('F60: more than 16 KiB of headers are refused without a retry', async () => {
    const url = await answering(`HTTP/1.1 200 OK\r\nx-filler: ${'a'.repeat(17 * 1024)}\r\n\r\n`)
    const { transport, waits } = open()
    await expect(transport.send({ method: 'GET', url })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('sent more than 16 KiB of headers') as string,
    })
    expect(waits).toEqual([])
  })

  it('F60: HTTP/2, and so its GOAWAY, is never negotiated', async () => {
    const versions: string[] = []
    const both = createSecureServer({ ...TLS, allowHTTP1: true }, (request, response) => {
      versions.push(request.httpVersion)
      response.end()
    })
    const { transport } = open()
    const port = await listening(both)
    await (await transport.send({ method: 'GET', url: `https://127.0.0.1:${port}/` })).discard()
    expect(versions).toEqual(['1.1'])

    const alone = await listening(createSecureServer(TLS))
    await expect(
      transport.send({ method: 'GET', url: `https://127.0.0.1:${alone}/`, retry: false }),
    ).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })
})

describe('warnings', () => {
  it('F54: a Warning header of the registry is printed once, escaped', async () => {
    const registry = await startRegistry()
    onTestFinished(() => registry.close())
    registry.fault({
      fault: {
        kind: 'headers',
        headers: {
          warning: '299 - "say \\"hello\\", all", 299 - "two\x9b31m", 110 - "stale", 299 proxy "not ours"',
        },
      },
    })
    const warned: string[] = []
    const open = createTargetOpener({
      debug: () => undefined,
      warn: (line) => warned.push(line),
      signal: new AbortController().signal,
    })
    for (const repository of ['one', 'one', 'two'])
      await (
        await open(parseReference(`${registry.host}/team/${repository}:1`))
      )
        .resolve('1')
        .catch(() => undefined)
    expect(registry.log).toHaveLength(3)
    expect(warned).toEqual([
      `registry ${registry.host} warns: say "hello", all`,
      `registry ${registry.host} warns: two\\u{9b}31m`,
    ])
  })
})

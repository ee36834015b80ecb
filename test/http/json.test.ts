import type { RequestListener } from 'node:http'
import { pipeline } from 'node:stream'

import { describe, expect, it, onTestFinished } from 'vitest'

import { type JsonRequest, requestJson } from '../../src/http/json.ts'
import { Transport } from '../../src/http/transport.ts'
import { impatientClock } from '../support/registry/opened.ts'
import { type Served, serve } from '../support/serve.ts'
import { until } from '../support/time.ts'

const LIMIT = 1024

type Asked = Partial<Pick<JsonRequest, 'body' | 'headers'>>

function ask({ origin }: Served, request: Asked = {}): ReturnType<typeof requestJson> {
  const transport = new Transport({ clock: impatientClock() })
  onTestFinished(() => transport.close())
  return requestJson(transport, { url: `${origin}/ask`, what: 'the test service', limit: LIMIT, ...request })
}

const answering =
  (
    status: number,
    body: string | Uint8Array,
    headers: Readonly<Record<string, string>> = {},
  ): RequestListener =>
  (_, response) =>
    void response.writeHead(status, headers).end(body)

const unavailable = (message: string, hint = ''): object => ({
  code: 'UNAVAILABLE',
  message: expect.stringContaining(message) as string,
  hint: expect.stringContaining(hint) as string,
})

async function* endlessSpaces(): AsyncGenerator<string> {
  for (;;) yield ' '.repeat(4096)
}

describe('requestJson', () => {
  it('gives the JSON of an answer, and its headers', async () => {
    const server = await serve(answering(201, '{"a":[1]}', { 'x-a': 'b' }))
    const answer = await ask(server)
    expect(answer).toMatchObject({ ok: true, status: 201, json: { a: [1] } })
    expect(answer.header('x-a')).toBe('b')
    expect(server.seen[0]).toMatchObject({ method: 'GET', headers: { accept: 'application/json' } })
  })

  it.each([
    [
      { form: new URLSearchParams({ a: 'ä b', c: '&' }) },
      'application/x-www-form-urlencoded',
      'a=%C3%A4+b&c=%26',
    ],
    [{ json: { a: ['ä'] } }, 'application/json', '{"a":["ä"]}'],
  ])('posts %j with its type', async (body, type, sent) => {
    let received = ''
    const server = await serve((request, response) => {
      request.on('data', (chunk: Buffer) => (received += chunk.toString('utf8')))
      request.on('end', () => response.end('{}'))
    })
    expect(await ask(server, { body })).toMatchObject({ ok: true, json: {} })
    expect(received).toBe(sent)
    expect(server.seen).toMatchObject([
      {
        method: 'POST',
        headers: { 'content-type': type, 'content-length': String(Buffer.byteLength(sent)) },
      },
    ])
  })

  it('stops at the first byte above the limit, however long the answer goes on', async () => {
    let closed = false
    const server = await serve((request, response) => {
      response.on('close', () => (closed = true))
      pipeline(endlessSpaces, response, () => {})
      request.resume()
    })
    await expect(ask(server)).rejects.toMatchObject(
      unavailable(`the test service answered with more than ${LIMIT} bytes`),
    )
    await until(() => closed)
    expect(server.seen).toHaveLength(1)
  })

  it.each([
    ['nesting above 32', '['.repeat(40) + ']'.repeat(40), 'nested deeper than 32', ''],
    ['a key given twice', '{"a":1,"a":2}', 'has the key "a" twice', ''],
    ['what is no JSON', 'token=1', 'the answer is not JSON', 'no proxy answers in its place'],
    ['a body that is empty', '', 'the answer is not JSON', ''],
    ['broken UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'is not valid UTF-8', ''],
    ['a web page', '<!doctype html><title>Log in</title>', 'answered with a web page', 'login page'],
  ])('refuses %s in an answer of 200', async (_, body, message, hint) => {
    const server = await serve(answering(200, body))
    await expect(ask(server)).rejects.toMatchObject(unavailable(message, hint))
  })

  it('gives a refusal with what the service said, without repeating the request', async () => {
    const server = await serve(answering(400, '{"code":3,"message":"no such audience"}'))
    expect(await ask(server)).toMatchObject({
      ok: false,
      status: 400,
      attempts: 1,
      body: { json: { code: 3, message: 'no such audience' }, isHtml: false },
    })
    expect(server.seen).toHaveLength(1)
  })

  it('repeats what failed for a transient reason, body and all, and counts the attempts', async () => {
    const server = await serve((request, response) => {
      request.resume()
      request.on('end', () => response.writeHead(500).end('busy'))
    })
    expect(await ask(server, { body: { json: {} } })).toMatchObject({
      ok: false,
      status: 500,
      attempts: 5,
      body: { text: 'busy' },
    })
    expect(server.seen).toHaveLength(5)
  })

  it('asks again when the connection breaks in the middle of an answer', async () => {
    let asked = 0
    const server = await serve((_, response) => {
      if (++asked > 1) return void response.end('{"a":1}')
      response.writeHead(200, { 'content-length': '7' })
      response.write('{"a"', () => response.destroy())
    })
    expect(await ask(server)).toMatchObject({ ok: true, json: { a: 1 } })
  })

  it('S4: follows a redirect within the origin only, so that no secret reaches another one', async () => {
    const other = await serve(answering(200, '{}'))
    const own = await serve((request, response) => {
      const location = request.url === '/ask' ? '/next' : `${other.origin}/x`
      response.writeHead(307, { location }).end()
    })
    await expect(ask(own, { headers: { authorization: 'Bearer canary' } })).rejects.toMatchObject(
      unavailable('redirects GET to another server'),
    )
    expect(own.seen.map(({ url }) => url)).toEqual(['/ask', '/next'])
    expect(other.seen).toEqual([])
  })
})

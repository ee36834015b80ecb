import { createHash } from 'node:crypto'

import { beforeAll, describe, expect, it } from 'vitest'

import { type Answer, ask } from '../asking.ts'
import { OCI_INDEX, OCI_MANIFEST } from '../documents.ts'
import { type Registry, startRegistry } from '../registry.ts'
import { sha256 } from '../store.ts'
import { EMPTY_CONFIG, tokenFor } from './conversation.ts'
import { type Expected, expectAnswer } from './expected.ts'
import {
  HARBOR,
  JSON_CHARSET,
  challenged,
  fromBackend,
  fromHarbor,
  lacks,
  notFound,
  refusedByBackend,
  refusedByHarbor,
  sendAs,
} from './harbor-scene.ts'

const absent = sha256(Buffer.from('absent'))
const text = 'a blob of 17 byte'
const digest = sha256(Buffer.from(text))
const json = { 'content-type': JSON_CHARSET }
const mismatch = 'provided digest did not match uploaded content'

let registry: Registry
const send = (
  who: string,
  request: string,
  body?: string,
  headers?: Record<string, string>,
): Promise<Answer> => sendAs(registry, who, request, body, headers)

beforeAll(async () => {
  registry = await startRegistry({ like: 'harbor' })
  return () => registry.close()
})

/** Requests and what Harbor 2.15.2 answered, with names of our own. */
const ROWS: readonly (readonly [what: string, who: string, request: string, expected: Expected])[] = [
  [
    'a ping',
    'nobody',
    'GET /v2/',
    fromBackend({ status: 401, headers: { ...json, 'content-length': '76' } }),
  ],
  [
    'a ping with an account',
    'ci',
    'GET /v2/',
    fromBackend({ status: 200, body: '{}', headers: { ...json, 'content-length': '2' } }),
  ],
  ['a ping with a wrong password', 'bad', 'GET /v2/', challenged('unauthorized')],
  [
    'HEAD in place of a ping',
    'ci',
    'HEAD /v2/',
    fromBackend({ status: 200, headers: { ...json, 'content-length': '2' } }),
  ],
  [
    'the catalogue',
    'admin',
    'GET /v2/_catalog',
    fromHarbor({ status: 200, body: '{"repositories":[]}\n', headers: json }),
  ],
  ['the catalogue for a robot', 'ci', 'GET /v2/_catalog?n=2', challenged('unauthorized to list catalog')],
  ['tags', 'ci', 'GET /v2/priv/x/tags/list', notFound('repository priv/x')],
  ['a manifest by tag', 'ci', 'GET /v2/priv/x/manifests/1', notFound('repository priv/x')],
  [
    'HEAD of a manifest by tag',
    'ci',
    'HEAD /v2/priv/x/manifests/1',
    fromHarbor({ status: 404, headers: { ...json, 'content-length': '74' } }),
  ],
  ['a manifest by digest', 'ci', `GET /v2/priv/x/manifests/${absent}`, notFound(`artifact priv/x@${absent}`)],
  [
    'a blob',
    'ci',
    `GET /v2/priv/x/blobs/${absent}`,
    refusedByBackend(404, 'BLOB_UNKNOWN', 'blob unknown to registry', absent),
  ],
  [
    'HEAD of a blob',
    'ci',
    `HEAD /v2/priv/x/blobs/${absent}`,
    fromHarbor({ status: 404, headers: { ...json, 'content-length': '133' } }),
  ],
  [
    'referrers',
    'ci',
    `GET /v2/priv/x/referrers/${absent}`,
    fromHarbor({
      status: 200,
      body: '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}\n',
      headers: { 'content-type': OCI_INDEX, 'x-total-count': '0', 'content-length': '89' },
    }),
  ],
  [
    'referrers of a tag',
    'ci',
    'GET /v2/priv/x/referrers/latest',
    refusedByHarbor(400, 'BAD_REQUEST', 'unsupported digest latest: invalid checksum digest format'),
  ],
  [
    'referrers of a short digest',
    'ci',
    'GET /v2/priv/x/referrers/sha256:abc',
    refusedByHarbor(400, 'BAD_REQUEST', 'unsupported digest sha256:abc: invalid checksum digest length'),
  ],
  [
    'a blob of a bad digest',
    'ci',
    'GET /v2/priv/x/blobs/sha256:zz',
    refusedByBackend(400, 'DIGEST_INVALID', mismatch, {}),
  ],
  [
    'POST without the last slash',
    'ci',
    'POST /v2/priv/x/blobs/uploads',
    fromBackend({
      status: 301,
      body: '',
      headers: { location: '/v2/priv/x/blobs/uploads/', 'content-length': '0', 'content-type': undefined },
    }),
  ],
  [
    'a route that is none',
    'ci',
    'GET /v2/priv/x/foo/bar',
    challenged('un-recognized request: GET /v2/priv/x/foo/bar', ''),
  ],
  [
    'OPTIONS',
    'ci',
    'OPTIONS /v2/priv/x/tags/list',
    challenged('un-recognized request: OPTIONS /v2/priv/x/tags/list', ''),
  ],
  [
    'a method that manifests do not have',
    'ci',
    'PATCH /v2/priv/x/manifests/1',
    fromBackend({
      status: 405,
      body: 'Method not allowed\n',
      headers: { allow: 'DELETE, GET, HEAD, PUT', 'content-type': 'text/plain; charset=utf-8' },
    }),
  ],
]

describe('Harbor before anything is pushed', () => {
  it.each(ROWS)('answers as measured: %s', async (_, who, request, expected) => {
    expectAnswer(await send(who, request), expected)
  })

  it('gives a token to a wrong password', async () => {
    const scope = 'scope=repository:priv/x:pull'
    const answer = await send('bad', `GET /service/token?service=harbor-registry&${scope}`)
    expect(answer.headers['content-type']).toBe(JSON_CHARSET)
    expect(JSON.parse(answer.body)).toMatchObject({ access_token: '', expires_in: 1800 })
  })

  it('lets an upload be given up only with the right to delete', async () => {
    const begin = async (who: string): Promise<string> =>
      (await send(who, 'POST /v2/priv/x/blobs/uploads/')).headers.location!
    expectAnswer(await send('ci', `DELETE ${await begin('ci')}`), lacks('delete'))
    const { token } = await tokenFor(registry, 'repository:priv/x:pull,push', HARBOR['ci'])
    const bearer = { authorization: `Bearer ${token}` }
    expectAnswer(await ask(registry, 'DELETE', await begin('ci'), '', bearer), lacks('delete'))
    const session = await begin('admin')
    const id = /uploads\/([^?]+)/.exec(session)![1]!
    expectAnswer(
      await send('admin', `DELETE ${session}`),
      fromBackend({ status: 204, headers: { 'docker-upload-uuid': id } }),
    )
    expectAnswer(
      await send('admin', `DELETE ${session}`),
      refusedByBackend(404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry', {}),
    )
  })

  it('ends an upload with a wrong digest, and has none without the state in its Location', async () => {
    const { headers } = await send('ci', 'POST /v2/priv/x/blobs/uploads/')
    const put = (named: string): Promise<Answer> =>
      send('ci', `PUT ${headers.location}&digest=${named}`, text)
    const detail = { Digest: absent, Reason: {} }
    expectAnswer(await put(absent), refusedByBackend(400, 'DIGEST_INVALID', mismatch, detail))
    const invalid = (of?: unknown): Expected =>
      refusedByBackend(404, 'BLOB_UPLOAD_INVALID', 'blob upload invalid', of)
    expectAnswer(await put(digest), invalid())
    const again = (await send('ci', 'POST /v2/priv/x/blobs/uploads/')).headers.location!
    expectAnswer(await send('ci', `PUT ${again.split('?', 1)[0]!}?digest=${digest}`, text), invalid({}))
    expect((await send('ci', `PUT ${again}&digest=${digest}`, text)).status).toBe(201)
  })

  it('has the end of a blob, and the blob in no other repository', async () => {
    expectAnswer(
      await send('ci', `GET /v2/priv/x/blobs/${digest}`, '', { range: 'bytes=-3' }),
      fromBackend({
        status: 206,
        body: 'yte',
        headers: { 'content-range': 'bytes 14-16/17', 'accept-ranges': 'bytes', etag: `"${digest}"` },
      }),
    )
    expectAnswer(
      await send('ci', `HEAD /v2/priv/x-o/blobs/${digest}`),
      fromBackend({ status: 404, headers: { ...json, 'content-length': '157' } }),
    )
  })

  it('keeps a blob of SHA-512 as one of SHA-256', async () => {
    const long = `sha512:${createHash('sha512').update(text).digest('hex')}`
    const { headers } = await send('ci', 'POST /v2/priv/x/blobs/uploads/')
    const sent = await send('ci', `PUT ${headers.location}&digest=${long}`, text)
    expect([sent.status, sent.headers['docker-content-digest']]).toEqual([201, digest])
    expect((await send('ci', `HEAD /v2/priv/x/blobs/${long}`)).status).toBe(404)
  })

  it('refuses manifests by type, by form, by what they name, and by tag at last', async () => {
    const put = (reference: string, body: string, type?: string): Promise<Answer> =>
      send(
        'ci',
        `PUT /v2/priv/x/manifests/${reference}`,
        body,
        type === undefined ? {} : { 'content-type': type },
      )
    const config = { ...EMPTY_CONFIG, digest, size: text.length }
    const document = { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [] }
    const whole = JSON.stringify(document)
    const unread = (why: string): Expected =>
      refusedByHarbor(400, 'MANIFEST_INVALID', `unmarshal manifest failed: ${why}`)
    expectAnswer(await put('2', whole), unread('missing signature key'))
    expectAnswer(await put('2', whole, 'application/json'), unread('missing signature key'))
    const first = "invalid character 'h' looking for beginning of value"
    expectAnswer(await put('2', 'hello', OCI_MANIFEST), unread(first))
    const lost = refusedByBackend(400, 'MANIFEST_BLOB_UNKNOWN', 'blob unknown to registry', absent)
    expectAnswer(await put('2', whole.replace(digest, absent), OCI_MANIFEST), lost)
    const child = { mediaType: OCI_MANIFEST, digest: absent, size: 3 }
    expectAnswer(await put('i', JSON.stringify({ schemaVersion: 2, manifests: [child] }), OCI_INDEX), lost)
    expectAnswer(await put(absent, whole, OCI_MANIFEST), refusedByBackend(400, 'DIGEST_INVALID', mismatch))
    expectAnswer(
      await put('2', '{"schemaVersion":2}', OCI_MANIFEST),
      fromBackend({
        status: 400,
        body: '{"errors":[{"code":"DIGEST_INVALID","message":"provided digest did not match uploaded content"},{"code":"MANIFEST_BLOB_UNKNOWN","message":"blob unknown to registry","detail":""}]}\n',
      }),
    )
    const badTag = (tag: string): Expected =>
      refusedByHarbor(400, 'BAD_REQUEST', `bad request: invalid tag name: ${tag}`)
    expectAnswer(await put('-bad', whole, OCI_MANIFEST), badTag('-bad'))
    expectAnswer(await put('bad%20tag', whole, OCI_MANIFEST), badTag('bad tag'))
    expectAnswer(await put('-bad', whole.replace(digest, absent), OCI_MANIFEST), lost)
    expectAnswer(
      await put('2', JSON.stringify({ ...document, x: 'x'.repeat(5 << 20) }), OCI_MANIFEST),
      refusedByBackend(400, 'MANIFEST_INVALID', 'manifest invalid', 'http: request body too large'),
    )
    expect(registry.store.known('priv/x')).toBeUndefined()
  })
})

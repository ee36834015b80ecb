import { createHash } from 'node:crypto'

import { beforeAll, describe, expect, it } from 'vitest'

import { type Answer, ask } from '../asking.ts'
import { OCI_INDEX, OCI_MANIFEST } from '../documents.ts'
import { type Registry, startRegistry } from '../registry.ts'
import { sha256 } from '../store.ts'
import { EMPTY_CONFIG, basic, bundleOf, push } from './conversation.ts'
import { type Expected, expectAnswer } from './expected.ts'

const ACCOUNTS: Readonly<Record<string, string | undefined>> = {
  nobody: undefined,
  bob: basic('bob', 'bob-password'),
  alice: basic('alice', 'alice-password'),
  carol: basic('carol', 'carol-password'),
  bad: basic('bob', 'wrong-password'),
}
const bob = ACCOUNTS['bob']!

const absent = sha256(Buffer.from('absent'))
const text = 'a blob of 18 bytes'
const digest = sha256(Buffer.from(text))
const json = { 'content-type': 'application/json' }
const wordless = (status: number): Expected => ({ status, body: '', headers: { 'content-type': undefined } })

/** The beginning of what zot explains of a code. */
const EXPLAINED: Readonly<Record<string, string>> = {
  BLOB_UNKNOWN: 'blob unknown to registry \tThis error MAY be returned',
  BLOB_UPLOAD_INVALID: 'The blob upload encountered an error and can no longer proceed.',
  BLOB_UPLOAD_UNKNOWN: 'If a blob upload has been cancelled or was never started,',
  DENIED: 'The access controller denied access for the operation on a resource.',
  DIGEST_INVALID: 'When a blob is uploaded, the registry will check',
  MANIFEST_INVALID: 'During upload, manifests undergo several checks ensuring validity.',
  MANIFEST_UNKNOWN: 'This error is returned when the manifest, identified by name and tag is unknown',
  NAME_UNKNOWN: 'This is returned if the name used during an operation is unknown to the registry.',
  UNAUTHORIZED: 'The access controller was unable to authenticate the client.',
}

interface Told {
  readonly code: string
  readonly message: string
  readonly detail: { readonly description: string }
}

/** Checks a refusal: its code, what is explained of it, and what is told beside that. */
function expectRefusal(answer: Answer, status: number, code: string, detail: object = {}): void {
  const body = JSON.parse(answer.body) as { errors?: Told[] } & Told
  const told = body.errors?.[0] ?? body
  const { description, ...more } = told.detail
  expect([answer.status, answer.headers['content-type'], told.code, more]).toEqual([
    status,
    'application/json',
    code,
    detail,
  ])
  expect(description.startsWith(EXPLAINED[code]!)).toBe(true)
  expect(answer.body.endsWith('\n')).toBe(false)
}

let registry: Registry
function send(
  who: string,
  request: string,
  body = '',
  headers: Record<string, string> = {},
): Promise<Answer> {
  const [method = '', path = ''] = request.split(' ')
  const authorization = ACCOUNTS[who]
  return ask(registry, method, path, body, {
    ...headers,
    ...(authorization === undefined ? {} : { authorization }),
  })
}
const begin = async (): Promise<Answer> => await send('bob', 'POST /v2/pub/x/blobs/uploads/')

beforeAll(async () => {
  registry = await startRegistry({ like: 'zot' })
  return () => registry.close()
})

/** Requests and what zot 2.1.20 answered, with names of our own. */
const REFUSALS: readonly (readonly [
  who: string,
  request: string,
  status: number,
  code: string,
  detail: object,
])[] = [
  ['bad', 'GET /v2/', 401, 'UNAUTHORIZED', {}],
  ['bad', 'GET /v2/pub/x/manifests/1', 401, 'UNAUTHORIZED', {}],
  ['nobody', 'POST /v2/pub/x/blobs/uploads/', 401, 'UNAUTHORIZED', {}],
  ['bob', 'GET /v2/pub/x/tags/list', 404, 'NAME_UNKNOWN', { name: 'pub/x' }],
  ['bob', 'GET /v2/pub/x/manifests/1', 404, 'NAME_UNKNOWN', { name: 'pub/x' }],
  ['bob', `GET /v2/pub/x/manifests/${absent}`, 404, 'NAME_UNKNOWN', { name: 'pub/x' }],
  ['bob', `GET /v2/pub/x/blobs/${absent}`, 404, 'BLOB_UNKNOWN', { digest: absent }],
  ['bob', 'GET /v2/pub/x/blobs/sha256:zz', 400, 'DIGEST_INVALID', { digest: 'sha256:zz' }],
  ['alice', 'DELETE /v2/pub/x/manifests/1', 403, 'DENIED', {}],
  ['alice', 'PUT /v2/pub/x/manifests/9', 403, 'DENIED', {}],
  ['alice', 'POST /v2/pub/x/blobs/uploads/', 403, 'DENIED', {}],
  ['carol', 'GET /v2/pub/x/manifests/1', 403, 'DENIED', {}],
]

const ANSWERS: readonly (readonly [who: string, request: string, expected: Expected])[] = [
  [
    'nobody',
    'GET /v2/',
    {
      status: 200,
      body: '',
      headers: {
        ...json,
        'docker-distribution-api-version': 'registry/2.0',
        'www-authenticate': 'basic realm=zot',
      },
    },
  ],
  ['nobody', 'GET /v2/_catalog', { status: 200, body: '{"repositories":[]}', headers: json }],
  ['bob', 'GET /v2/pub/x/referrers/latest', wordless(400)],
  ['bob', 'POST /v2/pub/x/blobs/uploads', wordless(405)],
  ['bob', 'PATCH /v2/pub/x/manifests/1', wordless(405)],
  ['bob', 'OPTIONS /v2/pub/x/tags/list', { status: 204, headers: { 'content-type': undefined } }],
  ['bob', 'GET /v2/UPPER/manifests/1', { status: 404, body: '404 page not found\n' }],
]

describe('zot before anything is pushed', () => {
  it.each(REFUSALS)('refuses as measured: %s, %s', async (who, request, status, code, detail) => {
    expectRefusal(await send(who, request), status, code, detail)
  })

  it.each(ANSWERS)('answers as measured: %s, %s', async (who, request, expected) => {
    expectAnswer(await send(who, request), expected)
  })

  it('tells who is not known without a list around it, and who may not with one', async () => {
    const bare = async (who: string, request: string): Promise<boolean> =>
      !('errors' in (JSON.parse((await send(who, request)).body) as object))
    expect(await bare('bad', 'GET /v2/pub/x/manifests/1')).toBe(true)
    expect(await bare('nobody', 'POST /v2/pub/x/blobs/uploads/')).toBe(false)
    expect(await bare('alice', 'POST /v2/pub/x/blobs/uploads/')).toBe(false)
  })

  it('names a session only where bytes came, and begins the repository with it', async () => {
    const begun = await begin()
    const id = /[^/]+$/.exec(begun.headers.location!)![0]
    const named = (answer: Answer): unknown => [
      answer.status,
      answer.headers['docker-upload-uuid'],
      answer.headers['blob-upload-uuid'],
    ]
    expect(named(begun)).toEqual([202, undefined, undefined])
    expect(named(await send('bob', `PATCH ${begun.headers.location}`, 'a '))).toEqual([202, undefined, id])
    const status = await send('bob', `GET ${begun.headers.location}`)
    expect([...(named(status) as unknown[]), status.headers.range]).toEqual([
      204,
      undefined,
      undefined,
      '0-1',
    ])
    const gap = { 'content-range': '20-23' }
    const refused = await send('bob', `PATCH ${begun.headers.location}`, 'blob', gap)
    expectRefusal(refused, 416, 'BLOB_UPLOAD_INVALID', { session_id: id })
    expect(named(await send('bob', `DELETE ${begun.headers.location}`))).toEqual([204, undefined, undefined])
    const gone = await send('bob', `DELETE ${begun.headers.location}`)
    expectRefusal(gone, 404, 'BLOB_UPLOAD_UNKNOWN', { session_id: id })
    expect((await send('bob', 'GET /v2/pub/x/tags/list')).body).toBe('{"name":"pub/x","tags":[]}')
  })

  it('says 416 after a wrong digest, and 404 after a break', async () => {
    const { location } = (await begin()).headers
    const put = (named: string): Promise<Answer> => send('bob', `PUT ${location}?digest=${named}`, text)
    expectRefusal(await put(absent), 400, 'DIGEST_INVALID', { digest: absent })
    expectRefusal(await put(digest), 416, 'BLOB_UPLOAD_INVALID', {
      session_id: /[^/]+$/.exec(location!)![0],
    })
    const broken = (await begin()).headers.location!
    registry.fault({ method: 'PATCH', times: 1, fault: { kind: 'drop-upload', after: 3 } })
    await expect(send('bob', `PATCH ${broken}`, text)).rejects.toThrow()
    expect((await send('bob', `GET ${broken}`)).status).toBe(404)
  })

  it('takes a blob in one POST and by mount without naming a digest, and keeps one of SHA-512', async () => {
    const binary = { 'content-type': 'application/octet-stream' }
    const single = await send('bob', `POST /v2/pub/x/blobs/uploads/?digest=${digest}`, text, binary)
    const mount = await send('bob', `POST /v2/pub/x-o/blobs/uploads/?mount=${digest}&from=pub/none`)
    for (const [answer, id] of [
      [single, expect.any(String) as string],
      [mount, undefined],
    ] as const)
      expect([
        answer.status,
        answer.headers['docker-content-digest'],
        answer.headers['blob-upload-uuid'],
      ]).toEqual([201, undefined, id])
    const long = `sha512:${createHash('sha512').update(text).digest('hex')}`
    const sent = await send('bob', `PUT ${(await begin()).headers.location}?digest=${long}`, text)
    expect([sent.status, sent.headers['docker-content-digest']]).toEqual([201, long])
    expect((await send('bob', `HEAD /v2/pub/x/blobs/${long}`)).headers['docker-content-digest']).toBe(long)
  })

  it('has parts of a blob without saying so, and nothing beyond its end', async () => {
    const get = (headers: Record<string, string>): Promise<Answer> =>
      send('bob', `GET /v2/pub/x/blobs/${digest}`, '', headers)
    const silent = { 'accept-ranges': undefined }
    expectAnswer(await get({}), { status: 200, body: text, headers: silent })
    expectAnswer(await get({ 'if-none-match': `"${digest}"` }), { status: 200, headers: silent })
    expectAnswer(await get({ range: 'bytes=-3' }), {
      status: 206,
      body: 'tes',
      headers: { ...silent, 'content-range': 'bytes 15-17/18' },
    })
    expectAnswer(await get({ range: 'bytes=20-' }), {
      ...wordless(416),
      headers: { 'content-range': 'bytes */18', 'content-type': undefined },
    })
    const head = await send('bob', `HEAD /v2/pub/x/blobs/${digest}`)
    expect(head.headers['accept-ranges']).toBe('bytes')
  })
})

describe('zot with manifests', () => {
  let subject: string

  beforeAll(async () => {
    for (const tag of ['1', '2', '3', '4', '-bad'])
      subject = (await push(registry, `/v2/pub/m/manifests/${tag}`, {}, bob)).digest
  })

  it.each([
    ['?n=2', ['-bad', '1'], 'n=2&last=1'],
    ['?n=2&last=2', ['3', '4'], undefined],
    ['?n=1&last=2', ['3'], 'n=1&last=3'],
    ['?n=0', [], undefined],
  ] as const)('lists the tags of %s', async (query, listed, next) => {
    const link = next === undefined ? undefined : `</v2/pub/m/tags/list?${next}>; rel="next"`
    expectAnswer(await send('bob', `GET /v2/pub/m/tags/list${query}`), {
      status: 200,
      body: JSON.stringify({ name: 'pub/m', tags: listed }),
      headers: { ...json, link },
    })
  })

  it('has no tags after one that is none, and does not escape a name in a Link', async () => {
    expectAnswer(await send('bob', 'GET /v2/pub/m/tags/list?n=-1'), wordless(400))
    expectAnswer(await send('bob', 'GET /v2/pub/m/tags/list?last=zz'), wordless(404))
    await push(registry, '/v2/pub/n/manifests/1', {}, bob)
    expectAnswer(await send('bob', 'GET /v2/_catalog?n=1'), {
      status: 200,
      body: '{"repositories":["pub/m"]}',
      headers: { link: '</v2/_catalog?n=1&last=pub/m>; rel="next"' },
    })
  })

  it('refuses manifests, and names them by what was asked for', async () => {
    const document = { schemaVersion: 2, mediaType: OCI_MANIFEST, config: EMPTY_CONFIG, layers: [] }
    const put = (reference: string, body: object | string, type?: string): Promise<Answer> =>
      send(
        'bob',
        `PUT /v2/pub/m/manifests/${reference}`,
        typeof body === 'string' ? body : JSON.stringify(body),
        type === undefined ? {} : { 'content-type': type },
      )
    const refused = async (answer: Promise<Answer>, status: number, detail: object): Promise<void> =>
      expectRefusal(await answer, status, 'MANIFEST_INVALID', detail)
    await refused(put('2', document), 415, { mediaType: '' })
    await refused(put('2', document, 'application/json'), 415, { mediaType: 'application/json' })
    const reason = 'manifest body exceeds maximum allowed size of 4194304 bytes'
    await refused(put('2', { ...document, x: 'x'.repeat(5 << 20) }, OCI_MANIFEST), 413, { reason })
    await refused(put('2', 'hello', OCI_MANIFEST), 400, {
      jsonSchemaValidation: "manifest format mismatch: invalid character 'h' looking for beginning of value",
      reference: '2',
    })
    await refused(put(absent, document, OCI_MANIFEST), 400, { reference: absent })
    const child = { mediaType: OCI_MANIFEST, digest: absent, size: 3 }
    await refused(put('i', { schemaVersion: 2, manifests: [child] }, OCI_INDEX), 400, { reference: 'i' })
    await refused(put('9?tag=x1', document, OCI_MANIFEST), 400, {
      reason: 'tag query parameters are only valid when pushing a manifest by digest',
    })
  })

  it('keeps referrers of what is deleted, and blobs that a manifest names', async () => {
    expectRefusal(await send('bob', 'GET /v2/pub/m/manifests/none'), 404, 'MANIFEST_UNKNOWN', {
      reference: 'none',
    })
    await push(registry, '/v2/pub/m/manifests/sha256', bundleOf(subject), bob)
    const blob = `/v2/pub/m/blobs/${EMPTY_CONFIG.digest}`
    expectRefusal(await send('bob', `DELETE ${blob}`), 405, 'DENIED', { digest: EMPTY_CONFIG.digest })
    const at = `/v2/pub/m/manifests/${subject}`
    expect((await send('bob', `DELETE ${at}`)).status).toBe(202)
    expectRefusal(await send('bob', `DELETE ${at}`), 404, 'MANIFEST_UNKNOWN', { reference: subject })
    const list = await send('bob', `GET /v2/pub/m/referrers/${subject}`)
    expect((JSON.parse(list.body) as { manifests: unknown[] }).manifests).toHaveLength(1)
    expect((await send('bob', 'GET /v2/pub/m/tags/list')).body).toBe('{"name":"pub/m","tags":[]}')
    registry.store.repository('pub/m').manifests.clear()
    expect((await send('bob', `DELETE ${blob}`)).status).toBe(202)
  })
})

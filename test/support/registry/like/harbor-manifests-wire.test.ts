import { beforeAll, describe, it } from 'vitest'

import { type Answer, ask } from '../asking.ts'
import { OCI_INDEX, OCI_MANIFEST } from '../documents.ts'
import { type Registry, startRegistry } from '../registry.ts'
import { sha256 } from '../store.ts'
import { bundleOf, push, tokenFor } from './conversation.ts'
import { type Expected, expectAnswer } from './expected.ts'
import {
  HARBOR,
  fromBackend,
  fromHarbor,
  lacks,
  listsTags,
  notFound,
  refusedByBackend,
  refusedByHarbor,
  sendAs,
} from './harbor-scene.ts'

const absent = sha256(Buffer.from('absent'))
const ci = HARBOR['ci']!

let registry: Registry
/** The digest of the manifest under all tags of `priv/x`. */
let subject: string
const send = (who: string, request: string, headers?: Record<string, string>): Promise<Answer> =>
  sendAs(registry, who, request, '', headers)

beforeAll(async () => {
  registry = await startRegistry({ like: 'harbor' })
  for (const tag of ['1', '2', '3', '4', '5'])
    subject = (await push(registry, `/v2/priv/x/manifests/${tag}`, {}, ci)).digest
  await push(registry, '/v2/priv/deep/er/manifests/1', {}, ci)
  return () => registry.close()
})

const ROWS: readonly (readonly [what: string, who: string, request: string, expected: Expected])[] = [
  ['tags', 'ci', 'GET /v2/priv/x/tags/list', listsTags(['1', '2', '3', '4', '5'])],
  ['two tags', 'ci', 'GET /v2/priv/x/tags/list?n=2', listsTags(['1', '2'], 'last=2&n=2')],
  ['two tags more', 'ci', 'GET /v2/priv/x/tags/list?n=2&last=2', listsTags(['3', '4'], 'last=4&n=2')],
  ['no tags', 'ci', 'GET /v2/priv/x/tags/list?n=0', listsTags([])],
  [
    'less than no tags',
    'ci',
    'GET /v2/priv/x/tags/list?n=-1',
    refusedByHarbor(400, 'BAD_REQUEST', 'the N must be a positive int type'),
  ],
  ['tags after one that is none', 'ci', 'GET /v2/priv/x/tags/list?last=zz', listsTags([])],
  ['more tags than there are', 'ci', 'GET /v2/priv/x/tags/list?n=1000', listsTags(['1', '2', '3', '4', '5'])],
  ['an absent tag', 'ci', 'GET /v2/priv/x/manifests/none', notFound('artifact priv/x:none')],
  ['an absent digest', 'ci', `GET /v2/priv/x/manifests/${absent}`, notFound(`artifact priv/x@${absent}`)],
  ['a bad digest', 'ci', 'GET /v2/priv/x/manifests/sha256:zz', notFound('artifact priv/x:sha256:zz')],
  [
    'a manifest without Accept',
    'ci',
    'GET /v2/priv/x/manifests/1',
    refusedByBackend(
      404,
      'MANIFEST_UNKNOWN',
      'OCI manifest found, but accept header does not support OCI manifests',
    ),
  ],
  [
    'DELETE of a tag',
    'admin',
    'DELETE /v2/priv/x/manifests/5',
    refusedByHarbor(400, 'UNSUPPORTED', 'unsupported digest 5: invalid checksum digest format'),
  ],
  ['PUT by a reader', 'reader', 'PUT /v2/priv/x/manifests/9', lacks('push')],
  ['POST by a reader', 'reader', 'POST /v2/priv/x/blobs/uploads/', lacks('push')],
  ['GET with a wrong password', 'bad', 'GET /v2/priv/x/manifests/1', lacks('pull')],
  [
    'a page of the catalogue',
    'admin',
    'GET /v2/_catalog?n=1',
    fromHarbor({
      status: 200,
      body: '{"repositories":["priv/deep/er"]}\n',
      headers: { link: '</v2/_catalog?last=priv%2Fdeep%2Fer&n=1>; rel="next"' },
    }),
  ],
]

describe('Harbor with manifests', () => {
  it.each(ROWS)('answers as measured: %s', async (_, who, request, expected) => {
    expectAnswer(await send(who, request), expected)
  })

  it('serves a manifest by a type with a weight, and a 304 without any header of it', async () => {
    const accept = { accept: `text/html, ${OCI_MANIFEST};q=0.5` }
    expectAnswer(
      await send('ci', 'GET /v2/priv/x/manifests/1', accept),
      fromBackend({ status: 200, headers: { 'content-type': OCI_MANIFEST, etag: `"${subject}"` } }),
    )
    for (const method of ['GET', 'HEAD'])
      expectAnswer(
        await send('ci', `${method} /v2/priv/x/manifests/1`, { ...accept, 'if-none-match': subject }),
        fromHarbor({ status: 304, headers: { etag: undefined, 'docker-content-digest': undefined } }),
      )
  })

  it('lists referrers, and deletes them with their subject', async () => {
    const annotated = { ...bundleOf(subject), annotations: { a: 'b' } }
    const bundle = await push(registry, '/v2/priv/x/manifests/sha256', annotated, ci)
    const list = `/v2/priv/x/referrers/${subject}`
    const entry = `{"mediaType":"${OCI_MANIFEST}","digest":"${bundle.digest}","size":${bundle.sent},"annotations":{"a":"b"},"artifactType":"application/vnd.dev.sigstore.bundle.v0.3+json"}`
    const lists = (entries: string, headers: Record<string, string> = {}): Expected =>
      fromHarbor({
        status: 200,
        body: `{"schemaVersion":2,"mediaType":"${OCI_INDEX}","manifests":[${entries}]}\n`,
        headers,
      })
    expectAnswer(await send('ci', `GET ${list}`), lists(entry))
    const filter = '?artifactType=application/vnd.dev.sigstore.bundle.v0.3'
    const applied = { 'oci-filters-applied': 'artifactType', 'x-total-count': '1' }
    expectAnswer(await send('ci', `GET ${list}${filter}%2Bjson`), lists(entry, applied))
    expectAnswer(await send('ci', `GET ${list}${filter}+json`), lists('', applied))
    const at = `/v2/priv/x/manifests/${subject}`
    const { token } = await tokenFor(registry, 'repository:priv/x:pull,push', ci)
    const bearer = { authorization: `Bearer ${token}` }
    expectAnswer(await ask(registry, 'DELETE', at, '', bearer), lacks('delete'))
    expectAnswer(await send('reader', `DELETE ${at}`), lacks('delete'))
    expectAnswer(await send('admin', `DELETE ${at}`), fromHarbor({ status: 202, body: '' }))
    expectAnswer(await send('admin', `DELETE ${at}`), notFound(`artifact priv/x@${subject}`))
    expectAnswer(await send('admin', `GET ${list}`), lists(''))
    const gone = `/v2/priv/x/manifests/${bundle.digest}`
    expectAnswer(await send('admin', `GET ${gone}`), notFound(`artifact priv/x@${bundle.digest}`))
    expectAnswer(await send('admin', 'GET /v2/priv/x/tags/list'), listsTags([]))
  })
})

import { statSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'

import { describe, expect, inject, test } from 'vitest'

import { serverOf } from '../stack/registries.ts'
import { type Answer, ask, started } from '../support/registry/asking.ts'
import { OCI_INDEX, OCI_MANIFEST } from '../support/registry/documents.ts'
import { sha256 } from '../support/registry/store.ts'
import { until } from '../support/time.ts'
import { needsPeers } from './peer.ts'

/** What a registry said to a step, without what is different every time. */
type Said = Readonly<Record<string, unknown>>

const HEADERS = [
  'allow',
  'content-type',
  'content-range',
  'accept-ranges',
  'docker-content-digest',
  'etag',
  'range',
  'link',
  'oci-subject',
] as const

/** The same conversation with any registry, answer by answer. `isThrough` tells when it has done with an upload that broke off. */
async function converse(
  origin: string,
  isThrough: (repository: string, session: string) => boolean,
): Promise<readonly (readonly [string, Said])[]> {
  const said: (readonly [string, Said])[] = []
  const name = `kit/${Math.random().toString(36).slice(2)}`
  const digest = sha256(Buffer.from('a blob'))
  const registry = { origin }
  const step = async (
    what: string,
    method: string,
    path: string,
    body = '',
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const answer = await ask(registry, method, path, body, headers)
    const listed = Object.fromEntries(HEADERS.map((header) => [header, answer.headers[header]]))
    said.push([
      what,
      JSON.parse(
        JSON.stringify({
          status: answer.status,
          ...listed,
          link: listed['link']?.toString().replace(name, 'NAME'),
          location:
            answer.headers.location?.startsWith('http') === true
              ? 'absolute'
              : answer.headers.location?.replace(name, 'NAME'),
          words: answer.status >= 400 && method !== 'HEAD' ? answer.body.replaceAll(name, 'NAME') : undefined,
          whole: method === 'HEAD' ? undefined : answer.whole,
        }),
      ) as Said,
    ])
    return answer
  }
  const uploads = `/v2/${name}/blobs/uploads/`
  const blob = `/v2/${name}/blobs/${digest}`
  const withQuery = (location: string | undefined, query: string): string =>
    `${location}${location!.includes('?') ? '&' : '?'}${query}`

  await step('ping', 'GET', '/v2/')
  await step('look for a blob that is not there', 'GET', blob)
  await step('a blob of no digest', 'GET', `/v2/${name}/blobs/sha256:zz`)
  await step('a manifest of nothing', 'GET', `/v2/${name}/manifests/1`, '', { accept: OCI_MANIFEST })
  await step('begin without a slash', 'POST', uploads.slice(0, -1))
  const begun = await step('begin', 'POST', uploads)
  const first = await step('a piece', 'PATCH', begun.headers.location!, 'a ', { 'content-range': '0-1' })
  await step('how far', 'GET', first.headers.location!)
  const gap = { 'content-range': '20-23' }
  const gapped = await ask(registry, 'POST', uploads)
  await step('a piece with a gap before it', 'PATCH', gapped.headers.location!, 'blob', gap)
  await step('the last piece', 'PUT', withQuery(first.headers.location, `digest=${digest}`), 'blob')
  await step('the blob', 'GET', blob)
  await step('a part', 'GET', blob, '', { range: 'bytes=2-3' })
  await step('the rest', 'GET', blob, '', { range: 'bytes=2-' })
  await step('the end', 'GET', blob, '', { range: 'bytes=-2' })
  await step('no change', 'GET', blob, '', { 'if-none-match': `"${digest}"` })
  await step('all in one', 'POST', `${uploads}?digest=${sha256(Buffer.from('b'))}`, 'b')
  await step('mount', 'POST', `/v2/${name}-b/blobs/uploads/?mount=${digest}&from=${name}`)
  await step(
    'mount what is not there',
    'POST',
    `/v2/${name}-b/blobs/uploads/?mount=${sha256(Buffer.from('c'))}&from=${name}`,
  )
  await step('mount from nowhere', 'POST', `/v2/${name}-c/blobs/uploads/?mount=${digest}`)
  const wrong = await ask(registry, 'POST', uploads)
  const other = sha256(Buffer.from('other'))
  await step('wrong bytes', 'PUT', withQuery(wrong.headers.location, `digest=${other}`), 'bytes')
  await step('the right ones', 'PUT', withQuery(wrong.headers.location, `digest=${digest}`), 'a blob')
  const stateless = await ask(registry, 'POST', uploads)
  await step(
    'without a state',
    'PUT',
    `${stateless.headers.location!.split('?', 1)[0]}?digest=${digest}`,
    'a blob',
  )
  const cancelled = await ask(registry, 'POST', uploads)
  await step('cancel', 'DELETE', cancelled.headers.location!)
  await step('go on all the same', 'PATCH', cancelled.headers.location!, 'x')
  const broken = await ask(registry, 'POST', uploads)
  await breakOff(broken.headers.location!)
  const session = /[^/?]+(?=$|\?)/.exec(broken.headers.location!)![0]
  await until(() => isThrough(name, session))
  await step('cancel where it was before a break', 'DELETE', broken.headers.location!)
  const told = await step('how far after a break', 'GET', broken.headers.location!)
  await step('cancel where it is now', 'DELETE', told.headers.location ?? broken.headers.location!)

  const config = { mediaType: 'application/vnd.wasm.config.v0+json', digest, size: 6 }
  const manifestOf = (fields: object): string =>
    JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [], ...fields })
  const manifests = `/v2/${name}/manifests`
  const put = (what: string, reference: string, body: string): Promise<Answer> =>
    step(what, 'PUT', `${manifests}/${reference}`, body, { 'content-type': OCI_MANIFEST })
  const whole = manifestOf({})
  const named = sha256(Buffer.from(whole))
  await put('a manifest without its blobs', 'x', manifestOf({ layers: [{ ...config, digest: other }] }))
  await put('a manifest', '1', whole)
  await put('the same again', '1', whole)
  await put('by digest', named, whole)
  await put('by another digest', other, whole)
  await put('another tag', '2', whole)
  const subject = { mediaType: OCI_MANIFEST, digest: named, size: whole.length }
  await put('a referrer', 'ref', manifestOf({ subject }))
  await put('a huge one', 'huge', manifestOf({ annotations: { x: 'x'.repeat(5 << 20) } }))
  await put('no JSON', 'bad', 'hello')
  await put('no config', 'bad', '{"schemaVersion":2}')
  await put('no tag', '-bad', whole)
  for (const type of ['application/json', undefined]) {
    const typed = type === undefined ? {} : { 'content-type': type }
    await step(`of the type ${type}`, 'PUT', `${manifests}/typed`, whole, typed)
  }
  await step('a method that is none', 'PATCH', `${manifests}/1`)
  await step('which methods there are', 'OPTIONS', `/v2/${name}/tags/list`)
  const get = (what: string, reference: string, headers: Record<string, string>): Promise<Answer> =>
    step(what, 'GET', `${manifests}/${reference}`, '', headers)
  await get('the manifest', '1', { accept: OCI_MANIFEST })
  await get('of another type', '1', { accept: OCI_INDEX })
  await get('of any type', '1', { accept: '*/*' })
  await get('unchanged', '1', { accept: OCI_MANIFEST, 'if-none-match': `"${named}"` })
  await get('absent', 'none', { accept: OCI_MANIFEST })
  await step('tags', 'GET', `/v2/${name}/tags/list`)
  for (const query of ['n=1', 'n=0', 'n=-1', 'n=x', 'last=1', 'last=zz', 'n=1&last=1'])
    await step(`tags of ${query}`, 'GET', `/v2/${name}/tags/list?${query}`)
  await step('tags of nothing', 'GET', `/v2/${name}-none/tags/list`)
  await step('referrers', 'GET', `/v2/${name}/referrers/${named}`)
  await step('delete a manifest', 'DELETE', `${manifests}/${named}`)
  await get('gone', '1', { accept: OCI_MANIFEST })
  return said
}

/** Bytes of the body in which a connection breaks. */
const BROKEN_AFTER = 300_000

/** Sends a part of a body and closes the connection. */
const breakOff = (url: string): Promise<void> =>
  new Promise((resolve) => {
    const headers = { 'content-length': '1000000', 'content-type': 'application/octet-stream' }
    const sent = request(url, { method: 'PATCH', headers, agent: false })
    sent.on('error', () => undefined)
    sent.once('close', () => resolve())
    sent.write(Buffer.alloc(BROKEN_AFTER), () => sent.destroy())
  })

/** The size of an upload in the file storage of distribution. */
function storedSize(storage: string, repository: string, session: string): number {
  const uploads = join(storage, 'docker/registry/v2/repositories', repository, '_uploads')
  return statSync(join(uploads, session, 'data'), { throwIfNoEntry: false })?.size ?? 0
}

describe.each(['distribution', 'docker-registry'] as const)('%s', (name) => {
  needsPeers(serverOf(name))

  test('answers as the registry of the tests does that is like it', async () => {
    const real = inject('registries').find((endpoint) => endpoint.name === name)!
    const imitation = await started({ like: name, manifestDelete: 202, tagDelete: 202, blobDelete: 202 })
    const imitated = await converse(imitation.origin, (_, session) => {
      const { lost, bytes } = imitation.store.uploads.get(session)!
      return lost || bytes.length === BROKEN_AFTER
    })
    const isThrough = (...upload: [string, string]): boolean =>
      storedSize(real.storage!, ...upload) === BROKEN_AFTER
    expect(imitated).toEqual(await converse(`http://${real.host}`, isThrough))
  })
})

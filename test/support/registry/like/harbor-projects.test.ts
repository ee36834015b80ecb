import { describe, expect, it } from 'vitest'

import { type Answer, ask, started } from '../asking.ts'
import { OCI_INDEX, OCI_MANIFEST } from '../documents.ts'
import type { Registry, Switches } from '../registry.ts'
import { sha256 } from '../store.ts'
import { EMPTY_CONFIG, basic, bundleOf, messageIn, push, tokenFor } from './conversation.ts'
import { expectAnswer } from './expected.ts'
import { fromHarbor, notFound } from './harbor-scene.ts'

const admin = basic('admin', 'admin-password')
const robot = basic('robot$ci', 'ci-password')
const harbor = (switches: Switches = {}): Promise<Registry> => started({ like: 'harbor', ...switches })

/** Asks as the administrator, for manifests of every kind. */
const get = (
  registry: Registry,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<Answer> =>
  ask(registry, method, path, '', {
    authorization: admin,
    accept: `${OCI_MANIFEST},${OCI_INDEX}`,
    ...headers,
  })

/** Uploads a blob whole. */
async function upload(registry: Registry, name: string, body: string): Promise<Answer> {
  const headers = { authorization: admin, 'content-type': 'application/octet-stream' }
  const { location } = (await ask(registry, 'POST', `/v2/${name}/blobs/uploads/`, '', headers)).headers
  return await ask(registry, 'PUT', `${location}&digest=${sha256(Buffer.from(body))}`, body, headers)
}

describe('content trust of Harbor', () => {
  it('serves the unsigned only to tools that sign, by token and with the right to push', async () => {
    const registry = await harbor()
    const thing = await push(registry, '/v2/ct/c/manifests/v1', {}, admin)
    const { token } = await tokenFor(registry, 'repository:ct/c:pull', robot)
    const head = async (authorization: string, agent: string): Promise<number> =>
      (await get(registry, '/v2/ct/c/manifests/v1', { authorization, 'user-agent': agent }, 'HEAD')).status
    for (const agent of ['trial/1', 'cosign/v3.1.3 (linux; amd64)', 'wasmpack/0.1 (cosign)', 'notation/1']) {
      expect(await head(admin, agent)).toBe(412)
      expect(await head(`Bearer ${token}`, agent)).toBe(agent === 'trial/1' ? 412 : 200)
    }
    expect((await get(registry, '/v2/ct/c/tags/list')).status).toBe(200)
    expect((await get(registry, `/v2/ct/c/referrers/${thing.digest}`)).status).toBe(200)
    expect((await get(registry, `/v2/ct/c/blobs/${EMPTY_CONFIG.digest}`)).status).toBe(200)
    expect((await get(registry, '/v2/ct/c/manifests/none')).status).toBe(404)
  })

  it('withholds single manifests: what is attached to a signed one, and an index around it', async () => {
    const registry = await harbor()
    const thing = await push(registry, '/v2/ct/c/manifests/v1', {}, admin)
    const sbom = { ...bundleOf(thing.digest), artifactType: 'text/sbom' }
    const attached = await push(registry, '/v2/ct/c/manifests/sha256', sbom, admin)
    const status = async (reference: string): Promise<number> =>
      (await get(registry, `/v2/ct/c/manifests/${reference}`)).status
    expect(await status('v1')).toBe(412)
    const bundle = await push(registry, '/v2/ct/c/manifests/sha256', bundleOf(thing.digest), admin)
    const child = { mediaType: OCI_MANIFEST, digest: thing.digest, size: thing.sent }
    const index = { mediaType: OCI_INDEX, config: undefined, layers: undefined, manifests: [child] }
    const around = await push(registry, '/v2/ct/c/manifests/i', index, admin, OCI_INDEX)
    expect(around.status).toBe(201)
    expect(await Promise.all([thing, bundle, attached, around].map((each) => status(each.digest)))).toEqual([
      200, 200, 412, 412,
    ])
    const refused = await get(registry, `/v2/ct/c/manifests/${attached.digest}`)
    expectAnswer(
      refused,
      fromHarbor({
        status: 412,
        body: '{"errors":[{"code":"PROJECTPOLICYVIOLATION","message":"The image is not signed by cosign."}]}\n',
      }),
    )
    await push(registry, '/v2/ct/c/manifests/sha256', bundleOf(around.digest), admin)
    expect(await status('i')).toBe(200)
  })

  it('takes a signature before its subject, and one under the old tag of cosign, which is listed', async () => {
    const registry = await harbor()
    const body = JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: EMPTY_CONFIG,
      layers: [],
    })
    const subject = sha256(Buffer.from(body))
    await push(registry, '/v2/ct/first/manifests/sha256', bundleOf(subject), admin)
    expect((await push(registry, '/v2/ct/first/manifests/v1', {}, admin)).digest).toBe(subject)
    expect((await get(registry, '/v2/ct/first/manifests/v1')).status).toBe(200)
    const thing = await push(registry, '/v2/ct/old/manifests/v1', {}, admin)
    const tag = `${thing.digest.replace(':', '-')}.sig`
    expect((await get(registry, `/v2/ct/old/manifests/${tag}`)).status).toBe(404)
    const signature = await push(
      registry,
      `/v2/ct/old/manifests/${tag}`,
      { annotations: { old: 'yes' } },
      admin,
    )
    for (const reference of ['v1', tag])
      expect((await get(registry, `/v2/ct/old/manifests/${reference}`)).status).toBe(200)
    const list = JSON.parse((await get(registry, `/v2/ct/old/referrers/${thing.digest}`)).body) as {
      manifests: { digest: string }[]
    }
    expect(list.manifests.map(({ digest }) => digest)).toEqual([signature.digest])
  })

  it('of notation goes by nothing of cosign', async () => {
    const registry = await harbor({ contentTrust: 'notation' })
    const thing = await push(registry, '/v2/priv/c/manifests/v1', {}, admin)
    await push(registry, '/v2/priv/c/manifests/sha256', bundleOf(thing.digest), admin)
    const refused = await get(registry, '/v2/priv/c/manifests/v1')
    expect([refused.status, messageIn(refused)]).toEqual([412, 'The image is not signed by notation.'])
    const config = { ...EMPTY_CONFIG, mediaType: 'application/vnd.cncf.notary.signature' }
    const signature = { ...bundleOf(thing.digest), artifactType: undefined, config }
    await push(registry, '/v2/priv/c/manifests/sha256', signature, admin)
    expect((await get(registry, '/v2/priv/c/manifests/v1')).status).toBe(200)
  })
})

describe('immutable tags of Harbor', () => {
  it('are written once, and keep their artifact, but not what is attached to it', async () => {
    const registry = await harbor()
    const thing = await push(registry, '/v2/imm/i/manifests/v1', {}, admin)
    for (const fields of [{}, { annotations: { other: 'yes' } }]) {
      const again = await push(registry, '/v2/imm/i/manifests/v1', fields, admin)
      expect([again.status, messageIn(again)]).toEqual([
        412,
        "Failed to process request due to 'i:v1' configured as immutable.",
      ])
    }
    expect((await push(registry, '/v2/imm/i/manifests/sha256', {}, admin)).status).toBe(201)
    expect((await push(registry, '/v2/imm/i/manifests/v2', {}, admin)).status).toBe(201)
    const bundle = await push(registry, '/v2/imm/i/manifests/sha256', bundleOf(thing.digest), admin)
    expect(bundle.status).toBe(201)
    const kept = await get(registry, `/v2/imm/i/manifests/${thing.digest}`, {}, 'DELETE')
    expect([kept.status, messageIn(kept)]).toEqual([
      412,
      'the tag v1 configured as immutable, cannot be deleted',
    ])
    expect((await get(registry, `/v2/imm/i/manifests/${bundle.digest}`, {}, 'DELETE')).status).toBe(202)
  })
})

describe('a quota of Harbor', () => {
  it('counts what a project holds, each content once, and refuses after the body', async () => {
    const registry = await harbor()
    expect((await upload(registry, 'priv/big', 'z'.repeat(300_000))).status).toBe(201)
    expect((await upload(registry, 'quo/q', 'x'.repeat(150_000))).status).toBe(201)
    expect((await upload(registry, 'quo/other', 'x'.repeat(150_000))).status).toBe(201)
    const full = (added: string, used: string): string =>
      `adding ${added} of storage resource, which when updated to current usage of ${used} will exceed the configured upper limit of 195.3 KiB.`
    const second = await upload(registry, 'quo/q', 'y'.repeat(150_000))
    expect([second.status, messageIn(second)]).toEqual([403, full('146.5 KiB', '146.5 KiB')])
    expect(second.headers['docker-distribution-api-version']).toBeUndefined()
    const layer = { mediaType: 'text/plain', digest: sha256(Buffer.from('absent')), size: 150_000 }
    const manifest = await push(registry, '/v2/quo/q/manifests/v1', { layers: [layer] }, admin)
    expect([manifest.status, messageIn(manifest)]).toEqual([
      403,
      expect.stringMatching(/^adding 146\.\d KiB .* current usage of 146\.5 KiB/) as string,
    ])
    const big = sha256(Buffer.from('z'.repeat(300_000)))
    const mount = `/v2/quo/q/blobs/uploads/?mount=${big}&from=priv/big`
    const mounted = await get(registry, mount, {}, 'POST')
    expect([mounted.status, messageIn(mounted)]).toEqual([403, full('293.0 KiB', '146.5 KiB')])
    expect((await push(registry, '/v2/quo/q/manifests/v1', {}, admin)).status).toBe(201)
  })

  it('refuses no PATCH, and the PUT that ends it', async () => {
    const registry = await harbor()
    const headers = { authorization: admin }
    const body = 'x'.repeat(250_000)
    const { location } = (await ask(registry, 'POST', '/v2/quo/q/blobs/uploads/', '', headers)).headers
    const patch = await ask(registry, 'PATCH', location!, body, headers)
    expect(patch.status).toBe(202)
    const end = `${patch.headers.location}&digest=${sha256(Buffer.from(body))}`
    expect((await ask(registry, 'PUT', end, '', headers)).status).toBe(403)
  })
})

describe('a proxy cache of Harbor', () => {
  it('serves the other registry with empty headers by tag, its blobs without a digest, and no signature', async () => {
    const registry = await harbor()
    const thing = await push(registry, '/v2/priv/w/manifests/v1', {}, admin)
    await push(registry, '/v2/priv/w/manifests/sha256', bundleOf(thing.digest), admin)
    await upload(registry, 'priv/w', '\0asm module')
    const at = '/v2/px/priv/w'
    for (const headers of [{}, { 'if-none-match': thing.digest }])
      expectAnswer(
        await get(registry, `${at}/manifests/v1`, headers),
        fromHarbor({ status: 200, headers: { 'docker-content-digest': '', etag: '' } }),
      )
    const named = fromHarbor({
      status: 200,
      headers: { 'docker-content-digest': thing.digest, etag: thing.digest },
    })
    expectAnswer(await get(registry, `${at}/manifests/v1`, {}, 'HEAD'), named)
    expectAnswer(await get(registry, `${at}/manifests/${thing.digest}`), named)
    for (const [digest, type] of [
      [sha256(Buffer.from('\0asm module')), 'application/wasm'],
      [EMPTY_CONFIG.digest, 'text/plain; charset=utf-8'],
    ] as const)
      expectAnswer(
        await get(registry, `${at}/blobs/${digest}`),
        fromHarbor({
          status: 200,
          headers: { 'content-type': type, 'docker-content-digest': undefined, etag: undefined },
        }),
      )
    const list = await get(registry, `${at}/referrers/${thing.digest}`)
    expect([list.headers['x-total-count'], list.body]).toEqual(['0', expect.stringContaining('[]')])
    expect((await get(registry, `${at}/tags/list`)).body).toBe('{"name":"px/priv/w","tags":["v1"]}\n')
  })

  it('tells what the other registry does not have in words of its own, and takes nothing', async () => {
    const registry = await harbor()
    const absent = sha256(Buffer.from('absent'))
    const missing = (what: string) => notFound(`resource not found: repo px/up/none, ${what}`)
    expectAnswer(await get(registry, '/v2/px/up/none/manifests/v1'), missing('tag v1'))
    expectAnswer(await get(registry, `/v2/px/up/none/manifests/${absent}`), missing('tag '))
    const { digest } = await push(registry, '/v2/priv/w/manifests/v1', {}, admin)
    expect((await get(registry, `/v2/px/priv/w/manifests/${digest}`)).status).toBe(200)
    for (const held of [`manifests/${digest}`, `blobs/${EMPTY_CONFIG.digest}`])
      expect((await get(registry, `/v2/px/priv/w/${held}`, {}, 'DELETE')).status).toBe(404)
    expect((await get(registry, '/v2/priv/w/manifests/v1')).status).toBe(200)
    const put = await push(registry, '/v2/px/up/none/manifests/v1', {}, admin)
    const post = await get(registry, '/v2/px/up/none/blobs/uploads/', {}, 'POST')
    for (const answer of [put, post])
      expect([answer.status, messageIn(answer)]).toEqual([
        403,
        'denied: can not push artifact to a proxy project: px',
      ])
  })
})

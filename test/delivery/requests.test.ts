import { expect, test } from 'vitest'

import { admitModule, resolveForAdmission } from '../../src/delivery/admit.ts'
import { createTargetOpener } from '../../src/delivery/open/open-target.ts'
import { preparePush } from '../../src/delivery/prepare.ts'
import { publishArtifact } from '../../src/delivery/publish.ts'
import { parseReference } from '../../src/oci/reference.ts'
import type { Target } from '../../src/oci/target.ts'
import { opened } from '../support/registry/opened.ts'
import { startRegistry, type Switches } from '../support/registry/registry.ts'
import { newSigner } from '../signing/scene.ts'
import { EPOCH, NOTHING, openLarge, prepareFixture, prepareWhole } from './scene.ts'

const account = { username: 'alice', password: 'secret' }

/** A registry, and targets of it that remember nothing of one another, as in runs of their own. */
async function scene(
  switches: Switches,
  work: (
    open: (purpose?: 'pull' | 'push') => Promise<Target>,
    requests: () => readonly string[],
  ) => Promise<void>,
) {
  const registry = await startRegistry(switches)
  let seen = 0
  try {
    await work(
      (purpose) =>
        createTargetOpener(
          {
            debug: () => undefined,
            signal: new AbortController().signal,
            ...(switches.auth ? { credential: { kind: 'basic', ...account } as const } : {}),
          },
          purpose,
        )(parseReference(`${registry.host}/team/app:1`)),
      () => {
        const all = registry.requests()
        const fresh = all.slice(seen)
        seen = all.length
        return fresh
      },
    )
  } finally {
    await registry.close()
  }
}

const methodsOf = (requests: readonly string[]): readonly string[] =>
  requests.map((line) => line.split(' ')[0]!)

/** How often each of them is there. */
const counted = (requests: readonly string[]): Readonly<Record<string, number>> =>
  Object.fromEntries(
    [...new Set(methodsOf(requests))].map((method) => [
      method,
      methodsOf(requests).filter((other) => other === method).length,
    ]),
  )

const request = { tags: ['1'], signedAt: EPOCH }
const unchecked = { verifier: 'ignored', capabilityCheck: 'required' } as const

test('a cold unsigned push of a small module takes 6 requests, an unchanged one 2, a pull 2', () =>
  scene({}, async (open, requests) => {
    const prepared = await prepareFixture('as-hello')
    await publishArtifact(prepared, { ...request, target: await open('push') }, {})
    expect(counted(requests())).toEqual({ HEAD: 1, POST: 2, PUT: 3 })
    await publishArtifact(prepared, { ...request, target: await open('push') }, {})
    expect(methodsOf(requests())).toEqual(['HEAD', 'HEAD'])
    const target = await open()
    await admitModule(target, await resolveForAdmission(target, '1', unchecked, {}), undefined, {})
    expect(methodsOf(requests())).toEqual(['GET', 'GET'])
  }))

test('a cold push of a large module takes 7 requests: it is hashed while it is sent, in one piece', () =>
  scene({}, async (open, requests) => {
    const options = { title: 'a.wasm', capabilities: NOTHING, annotations: {}, created: EPOCH }
    const prepared = await preparePush(await openLarge(), options)
    await publishArtifact(prepared, { ...request, target: await open('push') }, {})
    const sent = requests()
    expect(methodsOf(sent).slice(0, 3)).toEqual(['HEAD', 'POST', 'PATCH'])
    expect(counted(sent)).toEqual({ HEAD: 1, POST: 2, PATCH: 1, PUT: 3 })
  }))

test('the config is sent while the registry still takes the layer', async () => {
  const { registry, target } = await opened()
  const options = { title: 'a.wasm', capabilities: NOTHING, annotations: {}, created: EPOCH }
  const module = await openLarge()
  // The rest of the layer waits in the connection, and the registry for the config.
  const after = module.size - (1 << 20)
  registry.fault({ method: 'PATCH', fault: { kind: 'hold-upload', after, until: 'PUT' } })
  const { digest } = await publishArtifact(await preparePush(module, options), { ...request, target }, {})
  expect((await target.resolve('1')).digest).toBe(digest)
})

test('a config that is refused ends the upload of the layer, and is what the error tells of', async () => {
  const { registry, target } = await opened()
  const options = { title: 'a.wasm', capabilities: NOTHING, annotations: {}, created: EPOCH }
  const module = await openLarge()
  const prepared = await preparePush(module, options)
  const after = module.size - (1 << 20)
  registry.fault({ method: 'PATCH', fault: { kind: 'hold-upload', after, until: 'DELETE' } })
  registry.fault({ method: 'PUT', fault: { kind: 'status', status: 403 } })
  const { config } = await prepared.artifact()
  await expect(publishArtifact(prepared, { ...request, target }, {})).rejects.toMatchObject({
    message: expect.stringContaining(config.descriptor.digest),
    exit: 7,
  })
  expect(registry.store.uploads.size).toBe(0)
})

test('a large module that is there under another tag takes 8 requests on a slow link, and the layer is not sent again', async () => {
  const { registry, target } = await opened()
  const options = { title: 'a.wasm', capabilities: NOTHING, annotations: {}, created: EPOCH }
  const module = await openLarge()
  const { layer } = await prepareWhole(module, options)
  registry.store.repository('team/app').blobs.set(layer.descriptor.digest, Buffer.alloc(0))
  registry.fault({ method: 'PATCH', fault: { kind: 'hold-upload', after: 1 << 20, until: 'DELETE' } })
  const { digest } = await publishArtifact(await preparePush(module, options), { ...request, target }, {})
  const methods = methodsOf(registry.requests())
  expect(methods.slice(0, 5)).toEqual(['HEAD', 'POST', 'PATCH', 'HEAD', 'DELETE'])
  expect(methods.slice(5)).toEqual(['POST', 'PUT', 'PUT'])
  expect(registry.log.reduce((sum, { received }) => sum + received, 0)).toBeLessThan(module.size / 2)
  expect((await target.resolve('1')).digest).toBe(digest)
})

test('Bearer authentication adds 2 requests to each', () =>
  scene({ auth: { kind: 'bearer', ...account } }, async (open, requests) => {
    const prepared = await prepareFixture('as-hello')
    await publishArtifact(prepared, { ...request, target: await open('push') }, {})
    expect(requests()).toHaveLength(8)
    await publishArtifact(prepared, { ...request, target: await open('push') }, {})
    expect(requests()).toHaveLength(4)
  }))

test('a signature costs a push 12 requests and an attestation 3; unchanged, both are read and nothing is written', () =>
  scene({}, async (open, requests) => {
    const signer = await newSigner()
    const prepared = await prepareFixture('as-hello')
    await publishArtifact(prepared, { ...request, target: await open('push'), signer }, {})
    // Of the 6 of an unsigned push all are there. Besides: the manifest by its digest, a look-up in API and fallback tag for
    // both, the empty config once, and a bundle and a manifest for each. Then the signature is read back, at once: the list in API and
    // fallback tag, its manifest and its bundle.
    expect(counted(requests())).toEqual({ HEAD: 1, GET: 2 + 4, POST: 2 + 3, PUT: 2 + 3 + 4 })
    await publishArtifact(prepared, { ...request, target: await open('push'), signer }, {})
    expect(counted(requests())).toEqual({ HEAD: 2, GET: 2 + 4 })
  }))

test('without the referrers API each referrer costs 3 requests more: the list under the fallback tag is read, written and read back', () =>
  scene({ referrersApi: false }, async (open, requests) => {
    const signer = await newSigner()
    const prepared = await prepareFixture('as-hello')
    await publishArtifact(prepared, { ...request, target: await open('push'), signer }, {})
    expect(requests()).toHaveLength(21 + 2 * 3)
  }))

test('verification adds a look-up in API and fallback tag, the manifest and the bundle', () =>
  scene({}, async (open, requests) => {
    const signer = await newSigner()
    const prepared = await prepareFixture('as-hello')
    await publishArtifact(prepared, { ...request, target: await open('push'), signer }, {})
    requests()
    const target = await open()
    const checked = { ...unchecked, verifier: signer.verifier }
    await admitModule(target, await resolveForAdmission(target, '1', checked, {}), undefined, {})
    expect(methodsOf(requests())).toEqual(Array.from({ length: 2 + 4 }, () => 'GET'))
  }))

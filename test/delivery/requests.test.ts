import { expect, test } from 'vitest'

import { admit, openArtifact } from '../../src/delivery/admit.ts'
import { targetOpener } from '../../src/delivery/open-target.ts'
import { publish } from '../../src/delivery/publish.ts'
import { parseReference } from '../../src/oci/reference.ts'
import type { Target } from '../../src/oci/target.ts'
import { startRegistry, type Switches } from '../support/registry/registry.ts'
import { newSigner } from '../signing/scene.ts'
import { EPOCH, prepareFixture } from './scene.ts'

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
        targetOpener(
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

const request = { tags: ['1'], signedAt: EPOCH }
const unchecked = { trust: 'ignored', capabilityCheck: 'required' } as const

test('a cold unsigned push of a small module takes 6 requests, an unchanged one 2, a pull 2', () =>
  scene({}, async (open, requests) => {
    const prepared = await prepareFixture('as-hello')
    await publish(prepared, { ...request, target: await open('push') }, {})
    expect(
      requests()
        .map((line) => line.split(' ')[0])
        .toSorted(),
    ).toEqual(['HEAD', 'POST', 'POST', 'PUT', 'PUT', 'PUT'])
    await publish(prepared, { ...request, target: await open('push') }, {})
    expect(requests().map((line) => line.split(' ')[0])).toEqual(['HEAD', 'HEAD'])
    const target = await open()
    await admit(target, await openArtifact(target, '1', unchecked, {}), undefined, {})
    expect(requests().map((line) => line.split(' ')[0])).toEqual(['GET', 'GET'])
  }))

test('Bearer authentication adds 2 requests to each', () =>
  scene({ auth: { kind: 'bearer', ...account } }, async (open, requests) => {
    const prepared = await prepareFixture('as-hello')
    await publish(prepared, { ...request, target: await open('push') }, {})
    expect(requests()).toHaveLength(8)
    await publish(prepared, { ...request, target: await open('push') }, {})
    expect(requests()).toHaveLength(4)
  }))

test('verification adds a look-up, the manifest and the bundle; a signed push that is unchanged writes nothing', () =>
  scene({}, async (open, requests) => {
    const signer = await newSigner()
    const prepared = await prepareFixture('as-hello')
    await publish(prepared, { ...request, target: await open('push'), signer }, {})
    requests()
    await publish(prepared, { ...request, target: await open('push'), signer }, {})
    expect(requests().filter((line) => /^(?:PUT|POST|PATCH|DELETE)/.test(line))).toEqual([])
    const target = await open()
    await admit(
      target,
      await openArtifact(target, '1', { ...unchecked, trust: signer.trust }, {}),
      undefined,
      {},
    )
    // The referrers API, and the fallback tag, which is always looked at as well.
    expect(requests()).toHaveLength(2 + 4)
  }))

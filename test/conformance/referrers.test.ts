import { describe, expect, it } from 'vitest'

import { formatReferrersTag } from '../../src/oci/digest.ts'
import { describeManifest, type Manifest } from '../../src/oci/manifest.ts'
import { openRegistry } from '../../src/oci/registry/registry-target.ts'
import type { DeletableTarget } from '../../src/oci/target.ts'
import { discover } from '../../src/attestations/discover.ts'
import { always, opened } from '../support/registry/opened.ts'
import type { Registry, Switches } from '../support/registry/registry.ts'
import { sha256 } from '../support/registry/store.ts'
import { SharedClock } from '../support/shared-clock.ts'
import { indexOf, manifestOf, pushThing, referrerOf } from '../oci/artifacts.ts'

const digests = (found: readonly { readonly digest: string }[]): readonly string[] =>
  found.map(({ digest }) => digest).sort()

/** Of the order in which the requests of several clients arrive. */
const SEEDS = Array.from({ length: 5 }, (_, seed) => seed)

/** Runs clients at the same time, each with its own connections, as separate processes have. */
async function atOnce(
  registry: Registry,
  seed: number,
  clients: readonly ((target: DeletableTarget) => Promise<unknown>)[],
): Promise<void> {
  const clock = new SharedClock(seed)
  const reference = { kind: 'registry', registry: registry.host, repository: 'team/app' } as const
  await Promise.all(
    clients.map((client) =>
      clock.run((transport) =>
        client(openRegistry(reference, { transport, credentials: always(undefined) })),
      ),
    ),
  )
}

describe('referrers of a registry', () => {
  it('F29: merges the referrers API and the fallback tag, for what was attached before the API existed', async () => {
    const { registry, target } = await opened({ referrersApi: false })
    const thing = await pushThing(target, 'a module', '1.0.0')
    const old = await referrerOf(target, thing, 'before the API came')
    await target.pushManifest(old)
    const { target: newer, registry: upgraded } = await opened()
    for (const [name, repository] of registry.store.repositories)
      upgraded.store.repositories.set(name, {
        ...repository,
        // The API of an upgraded registry knows what was pushed since.
        manifests: new Map([...repository.manifests].filter(([digest]) => digest !== old.digest)),
      })
    const fresh = await referrerOf(newer, thing, 'after')
    await newer.pushManifest(fresh)
    expect(digests(await newer.referrers(thing.digest))).toEqual(digests([old, fresh]))
  })

  it('keeps what is listed under another type than the manifest has', async () => {
    const { target } = await opened({ listing: 'config-type' })
    const thing = await pushThing(target, 'a module', '1.0.0')
    const referrer = await referrerOf(target, thing, 'signed')
    await target.pushManifest(referrer)
    expect(await target.referrers(thing.digest)).toMatchObject([
      { digest: referrer.digest, artifactType: 'application/vnd.oci.empty.v1+json' },
    ])
  })

  it.each([
    ['a web page', { kind: 'html' }],
    ['404', { kind: 'status', status: 404 }],
    ['400', { kind: 'status', status: 400 }],
    ['405', { kind: 'status', status: 405 }],
    ['an object that is no index', { kind: 'status', status: 200, body: '{}' }],
  ] as const)(
    'F30 F31: takes %s for a registry without the referrers API, although it echoes OCI-Subject',
    async (_, fault) => {
      const { registry, target } = await opened({ subjectHeader: true })
      registry.fault({ path: /\/referrers\//, fault })
      const thing = await pushThing(target, 'a module', '1.0.0')
      const referrer = await referrerOf(target, thing, 'signed')
      await target.pushManifest(referrer)
      expect(digests(await target.referrers(thing.digest))).toEqual([referrer.digest])
      expect(await target.tags()).toContain(formatReferrersTag(thing.digest))
    },
  )

  it.each([
    ['the API', /\/referrers\//, 403],
    ['the API', /\/referrers\//, 503],
    ['the fallback tag', /\/manifests\/sha256-/, 403],
    ['the fallback tag', /\/manifests\/sha256-/, 500],
  ])(
    'F31: fails when %s cannot be read (%s %i): a failed look-up is never "unsigned"',
    async (_, path, status) => {
      const { registry, target } = await opened()
      const thing = await pushThing(target, 'a module', '1.0.0')
      registry.fault({ path, fault: { kind: 'status', status } })
      await expect(target.referrers(thing.digest)).rejects.toMatchObject({
        code: status === 403 ? 'UNAUTHENTICATED' : 'UNAVAILABLE',
      })
    },
  )

  it('F31: fails when an index is truncated', async () => {
    const { registry, target } = await opened()
    const thing = await pushThing(target, 'a module', '1.0.0')
    const headers = { 'content-type': 'application/vnd.oci.image.index.v1+json' }
    registry.fault({
      path: /\/referrers\//,
      fault: { kind: 'status', status: 200, headers, body: '{"manif' },
    })
    await expect(target.referrers(thing.digest)).rejects.toMatchObject({ code: 'ARTIFACT_MALFORMED' })
  })

  it.each([
    ['another server', 'http://127.0.0.2:1/v2/x'],
    ['itself', '?'],
  ])('S5 S6 F53: refuses a list whose Link leads to %s', async (_, link) => {
    const { registry, target } = await opened()
    const thing = await pushThing(target, 'a module', '1.0.0')
    for (const path of [/\/referrers\//, /\/tags\//])
      registry.fault({ path, fault: { kind: 'headers', headers: { link: `<${link}>; rel="next"` } } })
    await expect(target.referrers(thing.digest)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await expect(target.tags()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(registry.log.length).toBeLessThan(20)
  })

  it('S6: stops at pages of referrers without an end, and at 10,000 referrers', async () => {
    const { registry, target } = await opened()
    const thing = await pushThing(target, 'a module', '1.0.0')
    let page = 0
    registry.fault({
      path: /\/referrers\//,
      times: 1001,
      fault: {
        kind: 'headers',
        get headers() {
          return { link: `</v2/team/app/referrers/${thing.digest}?page=${page++}>; rel="next"` }
        },
      },
    })
    await expect(target.referrers(thing.digest)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('pagination loop') as string,
    })
    expect(registry.log.filter(({ url }) => url.includes('/referrers/'))).toHaveLength(1000)

    const { mediaType, digest } = thing
    const manifests = Array.from({ length: 10_001 }, () => ({ mediaType, digest, size: 1 }))
    registry.clearFaults()
    registry.fault({
      path: /\/referrers\//,
      fault: {
        kind: 'status',
        status: 200,
        headers: { 'content-type': 'application/vnd.oci.image.index.v1+json' },
        body: JSON.stringify({ schemaVersion: 2, manifests }),
      },
    })
    await expect(target.referrers(thing.digest)).rejects.toMatchObject({ code: 'ARTIFACT_MALFORMED' })
  })

  it('F34: lists nothing where the registry resolves the fallback tag to the subject', async () => {
    const { registry, target } = await opened({ referrersApi: false })
    const index = indexOf([await pushThing(target, 'one'), await pushThing(target, 'two')])
    await target.pushManifest(index, 'all')
    registry.store.repository('team/app').tags.set(formatReferrersTag(index.digest), index.digest)
    expect(await target.referrers(index.digest)).toEqual([])
  })
})

describe('a filter by artifact type', () => {
  const type = 'application/vnd.example.sbom.v1+json'

  async function scene(switches: Switches = {}) {
    const { registry, target } = await opened(switches)
    const thing = await pushThing(target, 'a module', '1.0.0')
    const signature = await referrerOf(target, thing, 'signed')
    const sbom = manifestOf({
      layers: signature.layers,
      artifactType: type,
      subject: describeManifest(thing),
    })
    await target.pushManifest(signature)
    await target.pushManifest(sbom)
    registry.log.length = 0
    const lookUps = (): readonly string[] =>
      registry.log.flatMap(({ url }) =>
        url.includes('/referrers/') ? [url.replace(/.*\/sha256:[0-9a-f]+/, '')] : [],
      )
    return { registry, target, thing, signature, sbom, lookUps }
  }

  it('is sent with its "+" encoded, and is enough where the registry applies it', async () => {
    const { target, thing, sbom, lookUps } = await scene({ filters: true })
    expect(digests(await target.referrers(thing.digest, { artifactType: type }))).toEqual([sbom.digest])
    expect(lookUps()).toEqual(['?artifactType=application%2Fvnd.example.sbom.v1%2Bjson'])
  })

  it('hides nothing where the registry lists under another type: an empty answer is asked again without it', async () => {
    const { target, thing, signature, sbom, lookUps } = await scene({ listing: 'config-type', filters: true })
    const found = await target.referrers(thing.digest, { artifactType: type })
    expect(digests(found)).toEqual(digests([signature, sbom]))
    expect(lookUps()).toEqual([expect.stringContaining('?artifactType='), ''])
    expect(
      (await discover(target, thing.digest, { artifactType: type })).map(({ digest }) => digest),
    ).toEqual([sbom.digest])
  })

  it('goes by the manifests where there is only the fallback tag', async () => {
    const { target, thing, sbom } = await scene({ referrersApi: false })
    expect(
      (await discover(target, thing.digest, { artifactType: type })).map(({ digest }) => digest),
    ).toEqual([sbom.digest])
  })
})

describe('the fallback tag', () => {
  it.each(['a manifest', 'an index of platforms'])(
    'F34: is left unchanged when it names %s',
    async (what) => {
      const { registry, target } = await opened({ referrersApi: false })
      const thing = await pushThing(target, 'a module', '1.0.0')
      const other = await pushThing(target, 'another')
      const platforms = Buffer.from(
        JSON.stringify({
          schemaVersion: 2,
          manifests: [
            {
              mediaType: other.mediaType,
              digest: other.digest,
              size: 1,
              platform: { os: 'linux', architecture: 'arm' },
            },
          ],
        }),
      )
      const repository = registry.store.repository('team/app')
      repository.manifests.set(sha256(platforms), {
        mediaType: 'application/vnd.oci.image.index.v1+json',
        bytes: platforms,
      })
      const named = what === 'a manifest' ? other.digest : sha256(platforms)
      repository.tags.set(formatReferrersTag(thing.digest), named)
      const referrer = await referrerOf(target, thing, 'signed')
      await expect(target.pushManifest(referrer)).rejects.toMatchObject({ code: 'ARTIFACT_MALFORMED' })
      await expect(target.referrers(thing.digest)).rejects.toMatchObject({ code: 'ARTIFACT_MALFORMED' })
      expect(repository.tags.get(formatReferrersTag(thing.digest))).toBe(named)
    },
  )

  it('F33: keeps the entries and fields that others have written', async () => {
    const { registry, target } = await opened({ referrersApi: false })
    const thing = await pushThing(target, 'a module', '1.0.0')
    const [one, two] = [await referrerOf(target, thing, 'one'), await referrerOf(target, thing, 'two')]
    await target.pushManifest(one)
    const repository = registry.store.repository('team/app')
    const tag = formatReferrersTag(thing.digest)
    const stored = repository.manifests.get(repository.tags.get(tag)!)!
    const bytes = Buffer.from(stored.bytes.toString().replace('{', '{"annotations":{"by":"others"},'))
    repository.manifests.set(sha256(bytes), { ...stored, bytes })
    repository.tags.set(tag, sha256(bytes))
    await target.pushManifest(two)
    const after = await target.manifest(tag)
    expect({ ...after.annotations }).toEqual({ by: 'others' })
    expect(digests(await target.referrers(thing.digest))).toEqual(digests([one, two]))
  })

  it('is refused with the words of a registry that lets no tag be written twice', async () => {
    const { target } = await opened({ referrersApi: false, conditions: true, immutableTags: true })
    const thing = await pushThing(target, 'a module', '1.0.0')
    await target.pushManifest(await referrerOf(target, thing, 'one'))
    await expect(target.pushManifest(await referrerOf(target, thing, 'two'))).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
      message: expect.stringContaining('immutable') as string,
    })
  })

  it.each([
    ['honours conditions', true],
    ['ignores conditions', false],
  ])('F33: holds the entries of all writers on a registry that %s', async (_, conditions) => {
    for (const seed of SEEDS) {
      const { registry, target } = await opened({ referrersApi: false, conditions })
      const thing = await pushThing(target, 'a module', '1.0.0')
      const referrers: Manifest[] = []
      for (const text of ['a', 'b', 'c', 'd', 'e']) referrers.push(await referrerOf(target, thing, text))
      await atOnce(
        registry,
        seed,
        referrers.map((referrer) => (client) => client.pushManifest(referrer)),
      )
      expect(digests(await target.referrers(thing.digest)), `seed ${seed}`).toEqual(digests(referrers))
    }
  })

  it('F33: loses nothing when one entry is removed while another is added', async () => {
    for (const seed of SEEDS) {
      const { registry, target } = await opened({ referrersApi: false })
      const thing = await pushThing(target, 'a module', '1.0.0')
      const [old, kept, fresh] = [
        await referrerOf(target, thing, 'old'),
        await referrerOf(target, thing, 'kept'),
        await referrerOf(target, thing, 'fresh'),
      ]
      await target.pushManifest(old)
      await target.pushManifest(kept)
      await atOnce(registry, seed, [
        (client) => client.delete(old.digest),
        (client) => client.pushManifest(fresh),
      ])
      expect(digests(await target.referrers(thing.digest)), `seed ${seed}`).toEqual(digests([kept, fresh]))
    }
  })

  it('leaves no empty list behind the last one that is deleted', async () => {
    const { registry, target } = await opened({ referrersApi: false })
    const thing = await pushThing(target, 'a module', '1.0.0')
    const [one, two] = [await referrerOf(target, thing, 'one'), await referrerOf(target, thing, 'two')]
    await target.pushManifest(one)
    await target.pushManifest(two)
    await target.delete(one.digest)
    expect(await target.tags()).toContain(formatReferrersTag(thing.digest))
    await target.delete(two.digest)
    expect(await target.tags()).toEqual(['1.0.0'])
    expect([...registry.store.repository('team/app').manifests.keys()]).not.toContain(two.digest)
    await target.pushManifest(two)
    expect(digests(await target.referrers(thing.digest))).toEqual([two.digest])
  })

  it('empties the list where the registry deletes it by its digest and keeps its tag', async () => {
    const { registry, target } = await opened({ referrersApi: false })
    const thing = await pushThing(target, 'a module', '1.0.0')
    const one = await referrerOf(target, thing, 'one')
    await target.pushManifest(one)
    registry.fault({ method: 'DELETE', times: 1, fault: { kind: 'status', status: 202 } })
    await target.delete(one.digest)
    expect(await target.manifest(formatReferrersTag(thing.digest))).toMatchObject({ manifests: [] })
    await expect(target.resolve(one.digest)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('leaves the last one on the list where the registry deletes nothing', async () => {
    const { target } = await opened({ referrersApi: false, manifestDelete: 405 })
    const thing = await pushThing(target, 'a module', '1.0.0')
    const one = await referrerOf(target, thing, 'one')
    await target.pushManifest(one)
    await expect(target.delete(one.digest)).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' })
    expect(digests(await target.referrers(thing.digest))).toEqual([one.digest])
  })

  it('leaves one of several on the list where the registry deletes nothing', async () => {
    const { target } = await opened({ referrersApi: false, manifestDelete: 405 })
    const thing = await pushThing(target, 'a module', '1.0.0')
    const [one, two] = [await referrerOf(target, thing, 'one'), await referrerOf(target, thing, 'two')]
    await target.pushManifest(one)
    await target.pushManifest(two)
    await expect(target.delete(one.digest)).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' })
    expect(digests(await target.referrers(thing.digest)).toSorted()).toEqual(
      [one.digest, two.digest].toSorted(),
    )
  })

  it('leaves it to the refusal to tell why, also where the list cannot be written again', async () => {
    const { registry, target } = await opened({ referrersApi: false, manifestDelete: 405 })
    const thing = await pushThing(target, 'a module', '1.0.0')
    const [one, two] = [await referrerOf(target, thing, 'one'), await referrerOf(target, thing, 'two')]
    await target.pushManifest(one)
    await target.pushManifest(two)
    let isRefused = false
    registry.misbehave((method, url) => {
      isRefused ||= method === 'DELETE'
      return isRefused && method === 'PUT' && url.includes('/manifests/sha256-')
        ? { kind: 'status', status: 403 }
        : undefined
    })
    await expect(target.delete(one.digest)).rejects.toMatchObject({ details: { status: 405 } })
  })

  it('F33: is not deleted when another entry is added at the same time', async () => {
    for (const seed of SEEDS) {
      const { registry, target } = await opened({ referrersApi: false })
      const thing = await pushThing(target, 'a module', '1.0.0')
      const [old, fresh] = [await referrerOf(target, thing, 'old'), await referrerOf(target, thing, 'fresh')]
      await target.pushManifest(old)
      await atOnce(registry, seed, [
        (client) => client.delete(old.digest),
        (client) => client.pushManifest(fresh),
      ])
      expect(digests(await target.referrers(thing.digest)), `seed ${seed}`).toEqual([fresh.digest])
    }
  })

  it('F33: drops entries whose manifests were deleted, which registries refuse', async () => {
    const { registry, target } = await opened({ referrersApi: false })
    const thing = await pushThing(target, 'a module', '1.0.0')
    const [dead, alive] = [await referrerOf(target, thing, 'dead'), await referrerOf(target, thing, 'alive')]
    await target.pushManifest(dead)
    registry.store.repository('team/app').manifests.delete(dead.digest)
    await target.pushManifest(alive)
    expect(digests(await target.referrers(thing.digest))).toEqual([alive.digest])
  })
})

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'

import type { RegistryClientOptions } from '../../../src/delivery/open/client-options.ts'
import { createTargetOpener } from '../../../src/delivery/open/open-target.ts'
import { collect } from '../../../src/oci/descriptor.ts'
import type { Manifest } from '../../../src/oci/manifest.ts'
import { parseReference } from '../../../src/oci/reference.ts'
import type { Target } from '../../../src/oci/target.ts'
import { type Registry, type Switches, startRegistry } from '../../support/registry/registry.ts'
import { pushThing, referrerOf } from '../../oci/artifacts.ts'
import { temporaryDirectory } from '../scene.ts'

const account = { username: 'alice', password: 'canary' } as const
let primary: Registry
let notes: string[]

async function registry(switches: Switches = {}): Promise<Registry> {
  const started = await startRegistry(switches)
  onTestFinished(() => started.close())
  return started
}

beforeEach(async () => {
  primary = await registry()
  notes = []
})

const access = (conf: string, changes: Partial<RegistryClientOptions> = {}): RegistryClientOptions => {
  const path = join(temporaryDirectory(), 'registries.conf')
  writeFileSync(path, conf)
  return {
    registriesConf: path,
    debug: (line) => notes.push(line),
    signal: new AbortController().signal,
    ...changes,
  }
}

/** The repository `team/app` of the primary, with these mirrors for it. */
const behind = (
  mirrors: readonly Registry[],
  setting = '',
  changes: Partial<RegistryClientOptions> = {},
): Promise<Target> => {
  const tables = mirrors.map(({ host }) => `[[registry.mirror]]\nlocation = "${host}/copies"\n${setting}`)
  const conf = `[[registry]]\nlocation = "${primary.host}/team"\n${tables.join('\n')}`
  return createTargetOpener(access(conf, changes))(parseReference(`${primary.host}/team/app:1.0.0`))
}

const at = (registry: Registry, repository: string): Promise<Target> =>
  createTargetOpener(access(''))(parseReference(`${registry.host}/${repository}:1.0.0`))

async function layerOf(target: Target, manifest: Manifest): Promise<string> {
  const bytes = await collect(target.fetch(manifest.layers[0]!), 1024, 'layer')
  return new TextDecoder().decode(bytes)
}

describe('mirrors', () => {
  it('serve what they have, and the primary location is not asked', async () => {
    const mirror = await registry()
    await pushThing(await at(mirror, 'copies/app'), 'a module', '1.0.0')
    mirror.log.length = 0
    const target = await behind([mirror])
    expect(target.name).toBe(`${primary.host}/team/app`)
    const manifest = (await target.manifest('1.0.0')) as Manifest
    expect(await layerOf(target, manifest)).toBe('a module')
    expect(mirror.log).toHaveLength(2)
    expect(primary.log).toEqual([])
  })

  it('that lack it, fail, or are gone are passed over in their order', async () => {
    const [lacking, failing, gone] = [await registry(), await registry(), await registry()]
    failing.fault({ fault: { kind: 'status', status: 500 } })
    await gone.close()
    await pushThing(await at(primary, 'team/app'), 'a module', '1.0.0')
    const target = await behind([lacking, failing, gone])
    const manifest = (await target.manifest('1.0.0')) as Manifest
    expect(await layerOf(target, manifest)).toBe('a module')
    const told = notes.filter((line) => line.includes(' skipped: ')).map((line) => line.split(' ')[2])
    expect(told).toEqual([lacking, failing, gone].map(({ host }) => `${host}/copies/app`))
  }, 60_000)

  it('that hold other bytes under a digest are passed over', async () => {
    const mirror = await registry()
    const manifest = await pushThing(await at(primary, 'team/app'), 'a module', '1.0.0')
    await pushThing(await at(mirror, 'copies/app'), 'a module', '1.0.0')
    mirror.fault({ path: /manifests/, fault: { kind: 'flip' } })
    const target = await behind([mirror])
    expect((await target.manifest(manifest.digest)).digest).toBe(manifest.digest)
  })

  it('are asked for tags or digests only, as their settings say', async () => {
    const mirror = await registry()
    const manifest = await pushThing(await at(primary, 'team/app'), 'a module', '1.0.0')
    for (const [setting, asked] of [
      ['pull-from-mirror = "digest-only"', `/v2/copies/app/manifests/${manifest.digest}`],
      ['pull-from-mirror = "tag-only"', '/v2/copies/app/manifests/1.0.0'],
    ] as const) {
      mirror.log.length = 0
      const target = await behind([mirror], setting)
      await target.manifest('1.0.0')
      await target.manifest(manifest.digest)
      expect(mirror.requests()).toEqual([`GET ${asked}`])
    }
  })

  it('are never asked for referrers and tags: what they lack may be there', async () => {
    const mirror = await registry()
    const own = await at(primary, 'team/app')
    const subject = await pushThing(own, 'a module', '1.0.0')
    const referrer = await referrerOf(own, subject, 'a signature')
    await own.pushManifest(referrer)
    await pushThing(await at(mirror, 'copies/app'), 'a module', '1.0.0')
    mirror.log.length = 0
    const target = await behind([mirror])
    expect((await target.referrers(subject.digest)).map(({ digest }) => digest)).toEqual([referrer.digest])
    expect(await target.tags()).toEqual(['1.0.0'])
    expect(mirror.log).toEqual([])
    const impatient = await behind([mirror], '', { retries: 0 })
    await primary.close()
    await expect(impatient.referrers(subject.digest)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })

  it('get their own credentials and never those of the registry that they stand for', async () => {
    const mirror = await registry({ auth: { kind: 'basic', ...account } })
    await pushThing(await at(primary, 'team/app'), 'a module', '1.0.0')
    const registryConfig = join(temporaryDirectory(), 'config.json')
    const auth = (password: string) => ({ auth: btoa(`alice:${password}`) })
    writeFileSync(
      registryConfig,
      JSON.stringify({
        auths: { [primary.host]: auth('canary-primary'), [mirror.host]: auth('canary-mirror') },
      }),
    )
    const explicit = { kind: 'basic', username: 'bob', password: 'canary-explicit' } as const
    for (const changes of [{ registryConfig }, { credential: explicit }]) {
      mirror.log.length = 0
      await (await behind([mirror], '', changes)).manifest('1.0.0')
      const sent = mirror.log
        .map(({ headers }) => headers.authorization)
        .filter((value) => value !== undefined)
      expect(sent).toEqual('credential' in changes ? [] : [`Basic ${btoa('alice:canary-mirror')}`])
    }
  })

  it('are not written to, nor is a location that stands for another', async () => {
    const [mirror, moved] = [await registry(), await registry()]
    const conf = `[[registry]]\nprefix = "${primary.host}"\nlocation = "${moved.host}"\n[[registry.mirror]]\nlocation = "${mirror.host}"`
    const opener = createTargetOpener(access(conf), 'push')
    await pushThing(await opener(parseReference(`${primary.host}/team/app:1.0.0`)), 'a module', '1.0.0')
    expect(primary.store.repositories.get('team/app')?.tags.size).toBe(1)
    expect([...mirror.log, ...moved.log]).toEqual([])
  })
})

describe('locations', () => {
  it('stand for what is read under another name', async () => {
    const moved = await registry()
    await pushThing(await at(moved, 'here/app'), 'a module', '1.0.0')
    const conf = `[[registry]]\nprefix = "registry.example/team"\nlocation = "${moved.host}/here"`
    const target = await createTargetOpener(access(conf))(parseReference('registry.example/team/app:1.0.0'))
    expect(target.name).toBe('registry.example/team/app')
    expect((await target.resolve('1.0.0')).digest).toMatch(/^sha256:/)
  })

  it('that are blocked are neither read nor written', async () => {
    const conf = `[[registry]]\nlocation = "${primary.host}"\nblocked = true`
    for (const purpose of ['pull', 'push'] as const)
      await expect(
        createTargetOpener(access(conf), purpose)(parseReference(`${primary.host}/team/app:1.0.0`)),
      ).rejects.toMatchObject({ code: 'REGISTRY_REFUSED', exit: 8 })
    expect(primary.log).toEqual([])
  })
})

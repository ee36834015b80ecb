import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { beforeAll, describe, expect, test } from 'vitest'

import { fetchToken } from '../stack/sigstore/oidc.ts'
import { serve, type Served } from '../support/serve.ts'
import { type PublishOptions, TufPublisher } from '../support/tuf-publisher.ts'
import { type Pushed, pushFresh } from './artifacts.ts'
import { cosignSignAs } from './cosign.ts'
import { useSigstore } from './sigstore.ts'
import { registry, useWorkbench, type Workbench } from './workbench.ts'

const sigstore = useSigstore()
const DAY = 24 * 60 * 60 * 1000
const ALICE = 'alice@example.test'

/** The documents of the private Sigstore, as its TUF repository distributes them. */
const files = (): Record<string, Uint8Array> => ({
  'trusted_root.json': readFileSync(sigstore().trustedRoot),
  'signing_config.v0.2.json': readFileSync(sigstore().signingConfigs.rekor1),
  'signing_config_rekor_v2.v0.2.json': readFileSync(sigstore().signingConfigs.rekor2),
})

const publish = (options?: PublishOptions): TufPublisher => new TufPublisher(files(), Date.now(), options)

/** Serves the repository, and writes its first root into the workbench. */
async function serveRepository(bench: Workbench, publisher: TufPublisher): Promise<Served> {
  bench.write('root.json', publisher.root())
  return serve((request, response) => {
    const content = publisher.served.get(request.url!.slice(1))
    response.writeHead(content === undefined ? 404 : 200).end(content)
  })
}

const flagsFor = ({ origin }: Served): readonly string[] => [
  '--tuf-mirror',
  origin,
  '--tuf-root',
  'root.json',
]

describe('a TUF repository of a private Sigstore', () => {
  const bench = useWorkbench()
  let signed: Pushed
  beforeAll(async () => {
    signed = await pushFresh(bench, registry('distribution'))
    const token = await fetchToken(sigstore().issuer, 'alice')
    await cosignSignAs(bench, sigstore(), signed.pinned, token, 'rekor2')
  })

  /** Verifies as a user with no cache but the one of this name. */
  const verify = (served: Served, cache: string, ...flags: readonly string[]) => {
    const who = ['--certificate-identity', ALICE, '--certificate-oidc-issuer', sigstore().issuer]
    const env = { XDG_CACHE_HOME: bench.path(cache) }
    return bench.attempt(['verify', signed.pinned, ...who, ...flagsFor(served), ...flags], { env })
  }

  /** Lets a day pass for what is kept in the cache. */
  const age = (cache: string): void => {
    const directory = join(bench.path(cache), 'wasmpack/tuf')
    for (const name of readdirSync(directory)) {
      const path = join(directory, name)
      const state = JSON.parse(readFileSync(path, 'utf8')) as { refreshedAt: number }
      writeFileSync(path, JSON.stringify({ ...state, refreshedAt: state.refreshedAt - DAY - 1000 }))
    }
  }

  test('is what cosign initialize reads too, and cosign verify trusts', async () => {
    const served = await serveRepository(bench, publish())
    await bench.peer('cosign', 'initialize', '--mirror', served.origin, '--root', 'root.json')
    const who = ['--certificate-identity', ALICE, '--certificate-oidc-issuer', sigstore().issuer]
    await bench.peer('cosign', 'verify', '--allow-http-registry', ...who, signed.pinned)
    expect(await verify(served, 'same')).toMatchObject({ exit: 0, stdout: expect.stringContaining(ALICE) })
  })

  test('is asked once within a day, and of another version of its root in a first run', async () => {
    const publisher = publish()
    const served = await serveRepository(bench, publisher)
    expect(await verify(served, 'once')).toMatchObject({ exit: 0 })
    expect(served.seen.length).toBe(5)
    expect(await verify(served, 'once')).toMatchObject({ exit: 0 })
    expect(served.seen.length).toBe(5)
    publisher.rotateRoot()
    publisher.publish(files())
    expect(await verify(served, 'new')).toMatchObject({ exit: 0 })
    expect(served.seen.map(({ url }) => url)).toContain('/3.root.json')
    age('once')
    expect(await verify(served, 'once')).toMatchObject({ exit: 0 })
  })

  test('with an expired timestamp, and with an older snapshot than before, ends the run with 9', async () => {
    const expired = await serveRepository(bench, publish({ validity: { timestamp: -1000 } }))
    expect(await verify(expired, 'expired')).toMatchObject({
      exit: 9,
      stderr: expect.stringContaining('timestamp.json is expired'),
    })
    const publisher = publish()
    publisher.publish(files())
    const served = await serveRepository(bench, publisher)
    expect(await verify(served, 'older')).toMatchObject({ exit: 0 })
    publisher.publishTimestamp(1)
    age('older')
    expect(await verify(served, 'older')).toMatchObject({
      exit: 9,
      stderr: expect.stringContaining('snapshot version 1 is less than current version 2'),
    })
  })

  test('that is gone ends a first run with 9, and is not missed within a day', async () => {
    const publisher = publish()
    const served = await serveRepository(bench, publisher)
    expect(await verify(served, 'gone')).toMatchObject({ exit: 0 })
    publisher.served.clear()
    const none = { origin: 'http://127.0.0.1:9' } as Served
    expect(await verify(none, 'never', '--retries', '0')).toMatchObject({
      exit: 9,
      stderr: expect.stringContaining('TRUST_ROOT_UNAVAILABLE'),
    })
    expect(await verify(served, 'gone')).toMatchObject({ exit: 0 })
  })

  test.each(['1', '2'])('gives the signing config for Rekor %s', async (version) => {
    const served = await serveRepository(bench, publish())
    const token = await fetchToken(sigstore().issuer, 'bob')
    bench.write('token', token)
    const flags = ['--keyless', '--yes', '--identity-token', 'token', '--rekor-version', version]
    const pushed = await pushFresh(bench, registry('ggcr-registry'), ...flags, ...flagsFor(served))
    const bob = ['--certificate-identity', 'bob@example.test', '--certificate-oidc-issuer', sigstore().issuer]
    const trust = ['--allow-http-registry', '--trusted-root', sigstore().trustedRoot]
    await bench.peer('cosign', 'verify', ...trust, ...bob, pushed.pinned)
  })
})

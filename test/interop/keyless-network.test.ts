import { readFileSync } from 'node:fs'

import { describe, expect, inject, test } from 'vitest'

import { type CertificateFiles, writeCertificates } from '../stack/certificate-files.ts'
import { fetchToken } from '../stack/sigstore/oidc.ts'
import { BEHIND_SQUID, type RunningSquid, startSquid } from '../stack/squid.ts'
import { transcript } from '../support/child.ts'
import { until } from '../support/time.ts'
import { freshRepository, writeModule } from './artifacts.ts'
import { cosignVerifyIdentity } from './cosign.ts'
import { type Served, useServed } from './served.ts'
import { openFront } from './service-front.ts'
import { useSigstore } from './sigstore.ts'
import { useWorkbench } from './workbench.ts'

interface Network extends Served {
  readonly squid: RunningSquid
  readonly certificates: CertificateFiles
}

describe('all services over TLS of a private authority, behind a proxy', () => {
  const sigstore = useSigstore()
  const bench = useWorkbench()
  const network = useServed<Network>(['squid'], async (directory) => {
    const squid = await startSquid()
    return { squid, certificates: writeCertificates(directory), stop: () => squid.stop() }
  })

  test('push --keyless: each request is in a tunnel of the proxy, and the token is not in its log', async () => {
    const { squid, certificates } = network()
    const { fulcio, rekor2, timestampAuthorities, trustedRoot, issuer } = sigstore()
    const timestamps = `${timestampAuthorities[0]}/api/v1/timestamp`
    const tls = {
      key: readFileSync(certificates.server.key),
      cert: readFileSync(certificates.server.certificate),
    }
    // Only squid knows this machine by that name, so whatever reaches a service has gone through it.
    const hide = async (url: string): Promise<string> =>
      (await openFront(url, {}, tls)).through(url).replace('localhost', BEHIND_SQUID)
    const addresses = [await hide(fulcio), await hide(rekor2), await hide(timestamps)]
    const services = [
      ['--fulcio-url', addresses[0]!],
      ['--rekor-url', addresses[1]!],
      ['--rekor-version', '2'],
      ['--timestamp-server-url', addresses[2]!],
    ].flat()
    bench.write('token', await fetchToken(issuer, 'alice'))
    await writeModule(bench, 'app.wasm')
    const registry = inject('registries').find(({ name }) => name === 'ggcr-registry')!
    const tagged = `${freshRepository(registry)}:1`
    const push = [
      'push',
      tagged,
      'app.wasm',
      '--plain-http',
      '--keyless',
      '--yes',
      '--identity-token',
      'token',
    ]
    const env = { HTTPS_PROXY: `http://${squid.host}` }
    const trusting = ['--ca-file', certificates.authority, '--trusted-root', trustedRoot]

    const untrusting = await bench.attempt([...push, ...services, '--retries', '0'], { env })
    expect(untrusting, transcript(untrusting)).toMatchObject({
      exit: 9,
      stderr: expect.stringContaining('certificate'),
    })
    const run = await bench.attempt([...push, ...services, ...trusting], { env })
    expect(run, transcript(run)).toMatchObject({ exit: 0 })
    expect(await cosignVerifyIdentity(bench, sigstore(), tagged, 'alice@example.test')).toMatchObject({
      exit: 0,
    })

    const hosts = addresses.map((url) => new URL(url).host)
    await until(() => hosts.every((host) => squid.log().includes(`CONNECT ${host}`)))
    const token = bench.read('token').toString()
    for (const part of [token, token.split('.')[2]!]) expect(squid.log()).not.toContain(part)
  })
})

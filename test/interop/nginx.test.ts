import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

import { describe, expect, test } from 'vitest'

import { type CertificateFiles, writeCertificates } from '../stack/certificate-files.ts'
import { type NginxSettings, type RunningNginx, startNginx } from '../stack/nginx.ts'
import { type RegistryEndpoint, type RegistryName, serverOf, startRegistry } from '../stack/registries.ts'
import { until } from '../support/time.ts'
import { freshRepository, generateKeyPair, pushFresh, pushModule, writeModule } from './artifacts.ts'
import { largeModule } from './modules.ts'
import { needsPeers } from './peer.ts'
import { type Served, useServed } from './served.ts'
import { useWorkbench } from './workbench.ts'

interface Fronted extends Served {
  /** The registry as its clients know it: through nginx. */
  readonly endpoint: RegistryEndpoint
  readonly nginx: RunningNginx
  readonly certificates: CertificateFiles
}

/** A registry behind nginx. */
const useFronted = (
  name: RegistryName,
  settings: Pick<NginxSettings, 'bodyLimit' | 'tellsScheme'> & { readonly relativeUrls?: boolean } = {},
): (() => Fronted) =>
  useServed([serverOf(name), 'nginx'], async (directory) => {
    const { relativeUrls = false, ...front } = settings
    const certificates = writeCertificates(directory)
    const registry = await startRegistry(name, directory, undefined, { relativeUrls })
    const nginx = await startNginx(directory, {
      upstream: registry.endpoint.host,
      certificate: certificates.server,
      ...front,
    })
    return {
      endpoint: { ...registry.endpoint, host: nginx.host },
      nginx,
      certificates,
      stop: async () => {
        await Promise.all([nginx.stop(), registry.process.kill()])
      },
    }
  })

const trusting = (fronted: Fronted): readonly string[] => ['--ca-file', fronted.certificates.authority]

/** Methods of the requests that nginx has answered with a status below 400. */
const done = ({ nginx }: Fronted): readonly string[] =>
  [...nginx.log().matchAll(/"([A-Z]+) [^"]*" [23]\d\d /g)].map(([, method]) => method!)

describe('a limit of 1 MiB, which is what nginx has without a setting', () => {
  const fronted = useFronted('distribution')
  const bench = useWorkbench(() => fronted().endpoint)

  // In the body of PUT, and in that of a PATCH, which is how large blobs go.
  test.each([
    ['1.5 MiB', 1.5],
    ['65 MiB', 65],
  ])('a module of %s is exit 8 with the limit to raise, and nothing is tagged', async (_, mebibytes) => {
    const bytes = largeModule(mebibytes * 1024 * 1024)
    const key = `signer-${mebibytes}`
    await generateKeyPair(bench, key)
    await writeModule(bench, 'large.wasm', bytes)
    const repository = freshRepository(fronted().endpoint)
    const push = ['push', `${repository}:1`, 'large.wasm', '--key', `${key}.key`, ...trusting(fronted())]
    const run = await bench.attempt(push)
    expect(run).toMatchObject({ exit: 8, stdout: '' })
    expect(run.stderr).toContain(
      `a server in front of the registry limits the size of uploads, and ${bytes.length} bytes exceed it`,
    )
    expect(run.stderr).toContain('"413 Request Entity Too Large"')
    expect(run.stderr).toContain('in nginx it is client_max_body_size')
    const name = repository.slice(repository.indexOf('/') + 1)
    // nginx writes the line of a body that it refuses when its client is gone.
    await until(() => fronted().nginx.log().includes(` /v2/${name}/blobs/`))
    expect(fronted().nginx.log()).not.toContain(`"PUT /v2/${name}/manifests/`)
    expect(await bench.attempt(['resolve', `${repository}:1`, ...trusting(fronted())])).toMatchObject({
      exit: 6,
    })
  })

  test('a small one passes', async () => {
    const pushed = await pushFresh(bench, fronted().endpoint, ...trusting(fronted()))
    const pull = ['pull', pushed.tagged, '-o', 'small.wasm', '--insecure-ignore-signature']
    await bench.wasmpack(...pull, ...trusting(fronted()))
    expect(bench.read('small.wasm')).toEqual(bench.read(pushed.file))
  })
})

describe.each([
  ['that tells the scheme', {}],
  ['that does not tell the scheme, so that Locations are on plain HTTP', { tellsScheme: false }],
  ['before a registry with relative Locations', { tellsScheme: false, relativeUrls: true }],
] as const)('nginx without a limit %s', (_, settings) => {
  describe.each(['distribution-basic', 'docker-registry'] as const)('before %s', (name) => {
    const fronted = useFronted(name, { bodyLimit: '0', ...settings })
    const bench = useWorkbench(() => fronted().endpoint)

    test('push --key, pull and copy', async () => {
      await generateKeyPair(bench, 'signer')
      const key = ['--key', 'signer.pub', ...trusting(fronted())]
      const pushed = await pushFresh(bench, fronted().endpoint, '--key', 'signer.key', ...trusting(fronted()))
      await bench.wasmpack('pull', pushed.tagged, '-o', 'pulled.wasm', ...key)
      expect(bench.read('pulled.wasm')).toEqual(bench.read(pushed.file))
      const promoted = freshRepository(fronted().endpoint)
      await bench.wasmpack('copy', pushed.tagged, promoted, '--verify', ...key)
      await bench.wasmpack('verify', `${promoted}:1.0.0`, ...key)
    })

    test('a module that goes by PATCH', async () => {
      await writeModule(bench, 'large.wasm', largeModule(65 * 1024 * 1024))
      const repository = freshRepository(fronted().endpoint)
      const pushed = await pushModule(bench, repository, 'large.wasm', ...trusting(fronted()))
      await until(() => done(fronted()).includes('PATCH'))
      const pull = ['pull', pushed.tagged, '-o', 'large-again.wasm', '--insecure-ignore-signature']
      await bench.wasmpack(...pull, ...trusting(fronted()))
      expect(bench.read('large-again.wasm').equals(bench.read('large.wasm'))).toBe(true)
    })
  })
})

describe('nginx that does not tell the scheme, beside peers', () => {
  needsPeers('oras', 'regctl')
  const fronted = useFronted('distribution', { tellsScheme: false })
  const bench = useWorkbench(() => fronted().endpoint)

  test('oras and regctl cannot push through it, wasmpack can', async () => {
    const { authority } = fronted().certificates
    const repository = freshRepository(fronted().endpoint)
    await writeModule(bench, 'app.wasm')
    const push = ['push', '--plain-http=false', '--ca-file', authority, `${repository}:oras`, 'app.wasm']
    const oras = await bench.attemptPeer('oras', push)
    expect(oras.exit).not.toBe(0)
    expect(oras.stderr).toContain('downgrades scheme from https')
    const put = ['artifact', 'put', '--file', 'app.wasm', '--artifact-type', 'application/wasm']
    const env = { SSL_CERT_FILE: authority }
    const regctl = await bench.attemptPeer('regctl', [...put, `${repository}:regctl`], { env })
    expect(regctl.exit).not.toBe(0)
    expect(regctl.stderr).toContain('400')

    const pushed = await pushModule(bench, repository, 'app.wasm', ...trusting(fronted()))
    const resolved = await bench.attemptPeer('regctl', ['image', 'digest', pushed.tagged], { env })
    expect(resolved.stdout.trim()).toBe(pushed.digest)
  })
})

describe('a registry that nginx', () => {
  needsPeers('nginx')
  const bench = useWorkbench()

  /** nginx before a port where nobody listens, or before somebody who says nothing. */
  const useFront = (silent: boolean) =>
    useServed(['nginx'], async (directory) => {
      const { authority, server: certificate } = writeCertificates(directory)
      const nobody = createServer(() => undefined)
      if (silent) await once(nobody.listen(0, '127.0.0.1'), 'listening')
      const port = silent ? (nobody.address() as AddressInfo).port : 1
      const nginx = await startNginx(directory, { upstream: `localhost:${port}`, certificate })
      return {
        host: nginx.host,
        authority,
        stop: async () => {
          await nginx.stop()
          nobody.close()
        },
      }
    })

  describe.each([
    ['does not reach', '502 Bad Gateway', false],
    ['gets no answer from', '504 Gateway Time-out', true],
  ])('%s', (_, page, silent) => {
    const front = useFront(silent)

    test.each(['push', 'pull'])('is exit 9 for %s', async (name) => {
      await writeModule(bench, 'any.wasm')
      const reference = `${front().host}/test/absent:1`
      const pull = ['pull', reference, '-o', 'none.wasm', '--insecure-ignore-signature']
      const command = name === 'push' ? ['push', reference, 'any.wasm'] : pull
      const run = await bench.attempt([...command, '--ca-file', front().authority, '--retries', '1'])
      expect(run).toMatchObject({ exit: 9, stdout: '' })
      expect(run.stderr).toContain('a server in front of the registry cannot reach it')
      expect(run.stderr).toContain(`"${page}"`)
      expect(bench.exists('none.wasm')).toBe(false)
    })
  })
})

import { describe, expect, test } from 'vitest'

import { type CertificateFiles, type CertificatePair, writeCertificates } from '../stack/certificate-files.ts'
import { startNginx } from '../stack/nginx.ts'
import { type RegistryEndpoint, type RegistryName, serverOf, startRegistry } from '../stack/registries.ts'
import { freshRepository, generateKeyPair, pushFresh } from './artifacts.ts'
import { needsPeers } from './peer.ts'
import { type Served, useServed } from './served.ts'
import { useWorkbench } from './workbench.ts'

// go-containerregistry's registry knows no TLS itself and stands behind nginx.

const REGISTRIES = ['distribution', 'distribution-basic', 'docker-registry', 'ggcr-registry'] as const

interface SecureRegistry extends Served {
  readonly endpoint: RegistryEndpoint
  readonly certificates: CertificateFiles
}

/** Over HTTPS with a certificate of the private authority; `asking`: for clients that have one of it too. */
async function startSecure(name: RegistryName, directory: string, asking: boolean): Promise<SecureRegistry> {
  const certificates = writeCertificates(directory)
  const { server: certificate, authority } = certificates
  const clients = asking ? { clients: authority } : {}
  if (name !== 'ggcr-registry') {
    const started = await startRegistry(name, directory, undefined, { certificate, ...clients })
    return { endpoint: started.endpoint, certificates, stop: () => started.process.kill() }
  }
  const { endpoint, process } = await startRegistry(name, directory)
  const front = await startNginx(directory, {
    upstream: endpoint.host,
    certificate,
    bodyLimit: '0',
    ...clients,
  })
  return {
    endpoint: { ...endpoint, host: front.host },
    certificates,
    stop: async () => {
      await Promise.all([front.stop(), process.kill()])
    },
  }
}

const useSecure = (name: RegistryName, asking: boolean): (() => SecureRegistry) =>
  useServed(name === 'ggcr-registry' ? [name, 'nginx'] : [serverOf(name)], (directory) =>
    startSecure(name, directory, asking),
  )

const shows = ({ certificate, key }: CertificatePair): readonly string[] => [
  '--cert-file',
  certificate,
  '--key-file',
  key,
]

describe.each(REGISTRIES)('%s over HTTPS with a private authority', (name) => {
  const registry = useSecure(name, false)
  const bench = useWorkbench(() => registry().endpoint)
  const trusting = (): readonly string[] => ['--ca-file', registry().certificates.authority]

  test('push --key, verify, pull, copy, ls and delete', async () => {
    await generateKeyPair(bench, 'signer')
    const key = ['--key', 'signer.pub', ...trusting()]
    const pushed = await pushFresh(bench, registry().endpoint, '--key', 'signer.key', ...trusting())
    await bench.wasmpack('verify', pushed.tagged, ...key)
    expect((await bench.wasmpack('pull', pushed.tagged, '-o', 'pulled.wasm', ...key)).stdout.trim()).toBe(
      pushed.pinned,
    )
    expect(bench.read('pulled.wasm')).toEqual(bench.read(pushed.file))

    const promoted = freshRepository(registry().endpoint)
    await bench.wasmpack('copy', pushed.tagged, promoted, '--verify', ...key)
    await bench.wasmpack('verify', `${promoted}:1.0.0`, ...key)
    expect((await bench.wasmpack('ls', promoted, ...trusting())).stdout).toContain(pushed.digest)
    await bench.wasmpack('delete', `${promoted}@${pushed.digest}`, '--with-referrers', '--yes', ...trusting())
    expect(await bench.attempt(['resolve', `${promoted}:1.0.0`, ...trusting()])).toMatchObject({ exit: 6 })
  })

  test('another authority is exit 9 and names --ca-file, none at all speaks plain HTTP, --insecure does not ask', async () => {
    const pushed = await pushFresh(bench, registry().endpoint, ...trusting())
    const { host } = registry().endpoint
    const pull = ['pull', pushed.tagged, '-o', 'taken.wasm', '--insecure-ignore-signature']
    // A certificate is no authority that signed the server's.
    const doubting = await bench.attempt([...pull, '--ca-file', registry().certificates.stranger.certificate])
    expect(doubting).toMatchObject({ exit: 9, stdout: '' })
    expect(doubting.stderr).toContain(`${host} presented a certificate that no trusted authority signed`)
    expect(doubting.stderr).toContain('--ca-file')
    for (const flags of [[], ['--plain-http']]) {
      const plain = await bench.attempt([...pull, ...flags])
      expect(plain).toMatchObject({ exit: 9, stdout: '' })
      expect(plain.stderr).toContain(`registry ${host} expects HTTPS, but was contacted over plain HTTP`)
    }
    expect(bench.exists('taken.wasm')).toBe(false)
    await bench.wasmpack(...pull, '--insecure')
    expect(bench.read('taken.wasm')).toEqual(bench.read(pushed.file))
  })

  describe('beside oras and cosign', () => {
    needsPeers('oras', 'cosign')

    test('that trust the same authority: they see the same artifact and its signature', async () => {
      const { authority } = registry().certificates
      await generateKeyPair(bench, 'seen')
      const pushed = await pushFresh(bench, registry().endpoint, '--key', 'seen.key', ...trusting())
      const oras = ['--plain-http=false', '--ca-file', authority]
      const resolved = await bench.peer('oras', 'resolve', ...oras, pushed.tagged)
      expect(resolved.stdout.trim()).toBe(pushed.digest)
      await bench.peer('oras', 'pull', ...oras, pushed.tagged, '-o', 'by-oras')
      expect(bench.read(`by-oras/${pushed.file}`)).toEqual(bench.read(pushed.file))
      expect(
        (await bench.attemptPeer('oras', ['resolve', '--plain-http=false', pushed.tagged])).exit,
      ).not.toBe(0)
      const verify = ['verify', '--insecure-ignore-tlog', '--key', 'seen.pub', pushed.pinned]
      const verified = await bench.peer('cosign', ...verify, '--registry-cacert', authority)
      expect(verified.stdout).toContain(pushed.digest)
    })
  })
})

describe.each(['distribution', 'docker-registry', 'ggcr-registry'] as const)(
  '%s for clients with a certificate',
  (name) => {
    const registry = useSecure(name, true)
    const bench = useWorkbench(() => registry().endpoint)
    const trusting = (): readonly string[] => ['--ca-file', registry().certificates.authority]

    test('serves those who show one', async () => {
      await generateKeyPair(bench, 'signer')
      const known = [...trusting(), ...shows(registry().certificates.client)]
      const pushed = await pushFresh(bench, registry().endpoint, '--key', 'signer.key', ...known)
      await bench.wasmpack('pull', pushed.tagged, '-o', 'pulled.wasm', '--key', 'signer.pub', ...known)
      expect(bench.read('pulled.wasm')).toEqual(bench.read(pushed.file))
    })

    test('is exit 7 without one, and with one of another authority', async () => {
      const reference = `${freshRepository(registry().endpoint)}:1`
      const { host } = registry().endpoint
      const resolve = ['resolve', reference, ...trusting()]
      const unknown = await bench.attempt(resolve)
      expect(unknown).toMatchObject({ exit: 7, stdout: '' })
      expect(unknown.stderr).toContain(`${host} requires a client certificate`)
      expect(unknown.stderr).toContain('pass it with --cert-file and --key-file')
      const stranger = await bench.attempt([...resolve, ...shows(registry().certificates.stranger)])
      expect(stranger).toMatchObject({ exit: 7, stdout: '' })
      expect(stranger.stderr).toContain(`${host} rejected the client certificate`)
    })

    describe('beside oras', () => {
      needsPeers('oras')

      test('with the same certificate, which sees the same artifact', async () => {
        const known = [...trusting(), ...shows(registry().certificates.client)]
        const pushed = await pushFresh(bench, registry().endpoint, ...known)
        const resolve = ['resolve', '--plain-http=false', pushed.tagged]
        expect((await bench.peer('oras', ...resolve, ...known)).stdout.trim()).toBe(pushed.digest)
        expect((await bench.attemptPeer('oras', [...resolve, ...trusting()])).exit).not.toBe(0)
      })
    })
  },
)

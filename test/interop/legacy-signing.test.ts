import { describe, expect, test } from 'vitest'

import { fetchToken } from '../stack/sigstore/oidc.ts'
import { storeCredentials } from '../support/cli.ts'
import { generateKeyPair, pushFresh, pushModule, type Pushed, writeModule } from './artifacts.ts'
import { cosignVerifyIdentity } from './cosign.ts'
import { useSigstore } from './sigstore.ts'
import { registry, useWorkbench } from './workbench.ts'

// What wasmpack signs in the format of cosign before version 3, as cosign verifies it in that format.

const sigstore = useSigstore()
const bench = useWorkbench()

const ALICE = 'alice@example.test'
const OLD = '--new-bundle-format=false'

/** Pushes a fresh module and again the same, which must write nothing. */
async function pushTwice(host: string, name: string, flags: readonly string[]): Promise<Pushed> {
  const file = `${name}.wasm`
  await writeModule(bench, file)
  const pushed = await pushModule(bench, `${host}/legacy/${name}`, file, ...flags)
  const again = await bench.wasmpack('push', pushed.tagged, file, '--format', 'json', ...flags)
  expect(JSON.parse(again.stdout)).toMatchObject({
    written: false,
    legacySignature: { written: false },
    attestation: { written: false },
  })
  return pushed
}

describe.each(['distribution', 'docker-registry', 'referrers'])('%s behind Keycloak', (name) => {
  test.each(['legacy', 'both'] as const)(
    'push --keyless --signature-format %s with Rekor 1',
    async (format) => {
      const { host, credentials } = sigstore().registries.find((one) => one.name === name)!
      storeCredentials(bench.home, host, credentials.username, credentials.password)
      bench.write('token', await fetchToken(sigstore().issuer, 'alice'))
      const { trustedRoot, signingConfigs } = sigstore()
      const services = ['--signing-config', signingConfigs.rekor1, '--trusted-root', trustedRoot]
      const flags = [
        '--keyless',
        '--yes',
        '--identity-token',
        'token',
        '--signature-format',
        format,
        ...services,
      ]
      const pushed = await pushTwice(host, `${name}-${format}`, flags)
      expect(await cosignVerifyIdentity(bench, sigstore(), pushed.pinned, ALICE, OLD)).toMatchObject({
        exit: 0,
      })
      if (format === 'both')
        expect(await cosignVerifyIdentity(bench, sigstore(), pushed.pinned, ALICE)).toMatchObject({ exit: 0 })
      const who = ['--certificate-identity', ALICE, '--certificate-oidc-issuer', sigstore().issuer]
      const trust = ['--trusted-root', trustedRoot, '--format', 'json']
      const verified = await bench.wasmpack('verify', pushed.pinned, ...who, ...trust)
      expect(verified.stdout).toContain(`"format":"${format === 'both' ? 'bundle' : 'legacy'}"`)
    },
  )
})

test('sign --signature-format legacy with a timestamp and no log', async () => {
  const pushed = await pushFresh(bench, registry('distribution'))
  bench.write('token', await fetchToken(sigstore().issuer, 'bob'))
  const services = [
    '--fulcio-url',
    sigstore().fulcio,
    '--timestamp-server-url',
    `${sigstore().timestampAuthorities[0]}/api/v1/timestamp`,
  ]
  const flags = ['--keyless', '--yes', '--identity-token', 'token', '--signature-format', 'legacy']
  await bench.wasmpack('sign', pushed.pinned, ...flags, ...services)
  const bob = 'bob@example.test'
  const waived = [OLD, '--insecure-ignore-tlog', '--use-signed-timestamps']
  expect(await cosignVerifyIdentity(bench, sigstore(), pushed.pinned, bob, ...waived)).toMatchObject({
    exit: 0,
  })
})

test('sign --key --signature-format legacy, beside a signature of cosign under the same tag', async () => {
  const pushed = await pushFresh(bench, registry('docker-registry'))
  await generateKeyPair(bench, 'ours')
  await bench.peer('cosign', 'generate-key-pair', '--output-key-prefix', 'theirs')
  const cosign = ['--allow-http-registry', '--yes', '--key', 'theirs.key', '--tlog-upload=false']
  await bench.peer('cosign', 'sign', ...cosign, OLD, '--use-signing-config=false', pushed.pinned)
  await bench.wasmpack('sign', pushed.pinned, '--key', 'ours.key', '--signature-format', 'legacy')
  for (const key of ['ours.pub', 'theirs.pub']) {
    const flags = ['--allow-http-registry', '--insecure-ignore-tlog', OLD, '--key', key]
    await bench.peer('cosign', 'verify', ...flags, pushed.pinned)
    await bench.wasmpack('verify', pushed.pinned, '--key', key)
  }
})

test('an entry of Rekor 2 has no place in it, which is said before anything is written', async () => {
  const pushed = await pushFresh(bench, registry('distribution'))
  bench.write('token', await fetchToken(sigstore().issuer, 'alice'))
  const flags = ['--keyless', '--yes', '--identity-token', 'token', '--signature-format', 'both']
  const config = ['--signing-config', sigstore().signingConfigs.rekor2]
  expect(await bench.attempt(['sign', pushed.pinned, ...flags, ...config])).toMatchObject({
    exit: 2,
    stderr: expect.stringContaining('--rekor-version 1'),
  })
})

import { createHash } from 'node:crypto'

import { expect, test } from 'vitest'

import { freshRepository, generateKeyPair, pushFresh } from './artifacts.ts'
import { needsPeers } from './peer.ts'
import { onEachRegistry, registry as findRegistry, useWorkbench } from './workbench.ts'

// Verification summaries of promotions from one real registry to another, and as cosign reads them.

needsPeers('cosign', 'ggcr-registry')

const SUMMARY = 'https://slsa.dev/verification_summary/v1'

onEachRegistry(
  (registry) => {
    const bench = useWorkbench(registry)

    test('copy --verify --vsa to a second registry, verify there under a policy that accepts the summary', async () => {
      for (const name of ['release', 'promoter', 'other']) await generateKeyPair(bench, name)
      const write = (name: string, spec: string): string => {
        const text = `apiVersion: wasmpack.dev/v1alpha1\nkind: TrustPolicy\nmetadata: {name: p}\nspec:\n  signers: {release: [{key: release.pub}], promoter: [{key: promoter.pub}]}\n  ${spec}\n`
        bench.write(name, text)
        return `sha256:${createHash('sha256').update(text).digest('hex')}`
      }
      const digest = write('stage.yaml', 'signatures: [{by: release}]')
      write(
        'accepts.yaml',
        `summaries: [{by: promoter, verifier: "https://wasmpack.dev/verifier", policy: "${digest}"}]`,
      )
      write(
        'another.yaml',
        `summaries: [{by: promoter, verifier: "https://wasmpack.dev/verifier", policy: "sha256:${'0'.repeat(64)}"}]`,
      )
      const verify = async (reference: string, policy: string): Promise<number | null> =>
        (await bench.attempt(['verify', reference, '--policy', policy])).exit
      const pushed = await pushFresh(bench, findRegistry('ggcr-registry'), '--key', 'release.key')
      const promote = (destination: string, key: string, ...flags: readonly string[]) =>
        bench.attempt([
          'copy',
          pushed.pinned,
          destination,
          '--verify',
          '--policy',
          'stage.yaml',
          '--vsa',
          '--signing-key',
          key,
          ...flags,
        ])

      const promoted = `${freshRepository(registry())}:1.0.0`
      expect((await promote(promoted, 'promoter.key')).exit).toBe(0)
      expect(await verify(promoted, 'accepts.yaml')).toBe(0)
      expect(await verify(promoted, 'another.yaml')).toBe(4)
      expect(await verify(pushed.tagged, 'accepts.yaml')).toBe(4)
      await bench.wasmpack('verify', promoted, '--key', 'promoter.pub', '--attestation', 'vsa')
      const cosign = [
        '--allow-http-registry',
        '--insecure-ignore-tlog',
        '--key',
        'promoter.pub',
        '--type',
        SUMMARY,
      ]
      const { stdout } = await bench.peer('cosign', 'verify-attestation', ...cosign, promoted)
      const { payload } = JSON.parse(stdout.trim().split('\n')[0]!) as { readonly payload: string }
      expect(JSON.parse(Buffer.from(payload, 'base64').toString())).toMatchObject({
        subject: [{ digest: { sha256: pushed.digest.slice(7) } }],
        predicate: {
          verificationResult: 'PASSED',
          policy: { digest: { sha256: digest.slice(7) } },
          resourceUri: `oci://${promoted.replace(/:1\.0\.0$/, '')}`,
          inputAttestations: [{ digest: { sha256: expect.any(String) } }],
        },
      })

      for (const [key, ...flags] of [
        ['other.key'],
        ['promoter.key', '--verifier', 'https://evil.example/verifier'],
      ] as const) {
        const other = `${freshRepository(registry())}:1.0.0`
        expect((await promote(other, key, ...flags)).exit).toBe(0)
        expect(await verify(other, 'accepts.yaml')).toBe(4)
      }
      const unsigned = [
        'copy',
        pushed.pinned,
        `${freshRepository(registry())}:1.0.0`,
        '--verify',
        '--policy',
        'stage.yaml',
        '--vsa',
      ]
      expect((await bench.attempt(unsigned)).exit).toBe(2)
    })
  },
  ['distribution', 'docker-registry'],
)

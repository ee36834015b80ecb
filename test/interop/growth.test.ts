import { expect, test } from 'vitest'

import { buildModule, type Extra } from '../commands/growth-scene.ts'
import { freshRepository, generateKeyPair } from './artifacts.ts'
import { needsPeers } from './peer.ts'
import { onEachRegistry, useWorkbench } from './workbench.ts'

// Approvals and growth in real registries, and approvals as cosign reads them.

needsPeers('cosign')

const APPROVAL = 'https://wasmpack.dev/attestation/capability-approval/v1'
const VERSION = 'org.opencontainers.image.version'

onEachRegistry(
  (registry) => {
    const bench = useWorkbench(registry)

    /** Pushes a signed version and returns its reference by digest. */
    async function push(repository: string, version: string, extra: readonly Extra[]): Promise<string> {
      bench.write('app.wasm', buildModule(extra))
      await bench.wasmpack('init', 'app.wasm', '--force')
      const name = `${repository}:${version}`
      const flags = ['--key', 'release.key', '-a', `${VERSION}=${version}`]
      return (await bench.wasmpack('push', name, 'app.wasm', ...flags)).stdout.trim()
    }

    function writePolicy(name: string, growth: string, role: string): void {
      bench.write(
        name,
        `apiVersion: wasmpack.dev/v1alpha1\nkind: CapabilityPolicy\nmetadata: {name: p}\nspec:\n  signers: {release: [{key: release.pub}], security: [{key: security.pub}]}\n  growth: ${growth}\n  ${role}\n`,
      )
    }

    const pull = async (reference: string, policy: string): Promise<number | null> =>
      (await bench.attempt(['pull', reference, '-o', 'out.wasm', '--key', 'release.pub', '--policy', policy]))
        .exit

    test('v1.0.0 approved; v1.0.1 asks for sockets; v1.1.0 the same; approved again; copied where it is approved', async () => {
      await generateKeyPair(bench, 'release')
      await generateKeyPair(bench, 'security')
      writePolicy('minor.yaml', 'minor', 'signedBy: release')
      writePolicy('approved.yaml', 'approved', 'approvedBy: security')
      const repository = freshRepository(registry())
      const approve = (pinned: string, ...flags: readonly string[]) =>
        bench.wasmpack('approve', pinned, '--key', 'security.key', ...flags)
      const first = await push(repository, '1.0.0', [])
      expect(await pull(first, 'approved.yaml')).toBe(3)
      await approve(first)
      expect([await pull(first, 'minor.yaml'), await pull(first, 'approved.yaml')]).toEqual([0, 0])
      const patch = await push(repository, '1.0.1', ['sock_accept'])
      expect([await pull(patch, 'minor.yaml'), await pull(patch, 'approved.yaml')]).toEqual([3, 3])
      const minor = await push(repository, '1.1.0', ['sock_accept'])
      expect([await pull(minor, 'minor.yaml'), await pull(minor, 'approved.yaml')]).toEqual([0, 3])
      const diff = async (): Promise<unknown> =>
        JSON.parse(
          (await bench.wasmpack('diff', first, minor, '--policy', 'approved.yaml', '--format', 'json'))
            .stdout,
        )
      expect(await diff()).toMatchObject({
        growth: { approved: { classes: [] }, unapproved: { classes: [expect.any(String)] } },
      })
      await approve(minor)
      expect(await pull(minor, 'approved.yaml')).toBe(0)
      expect(await diff()).toMatchObject({
        growth: { approved: { classes: [expect.any(String)] }, unapproved: { classes: [] } },
      })

      const flags = [
        '--allow-http-registry',
        '--insecure-ignore-tlog',
        '--key',
        'security.pub',
        '--type',
        APPROVAL,
      ]
      const { stdout } = await bench.peer('cosign', 'verify-attestation', ...flags, minor)
      const { payload } = JSON.parse(stdout.trim().split('\n')[0]!) as { readonly payload: string }
      expect(JSON.parse(Buffer.from(payload, 'base64').toString())).toMatchObject({
        predicateType: APPROVAL,
        predicate: { repository },
      })
      await bench.wasmpack('verify', minor, '--key', 'security.pub', '--attestation', APPROVAL)

      const promoted = freshRepository(registry())
      const copy = ['copy', minor, `${promoted}:1.1.0`, '--policy', 'production.yaml']
      bench.write(
        'production.yaml',
        bench
          .read('approved.yaml')
          .toString()
          .replace('spec:\n', `spec:\n  match: {repositories: ["${promoted}"]}\n`),
      )
      expect((await bench.attempt(copy)).exit).toBe(3)
      await approve(minor, '--for', promoted)
      await bench.wasmpack(...copy)
      expect(await pull(`${promoted}:1.1.0`, 'production.yaml')).toBe(0)
    })
  },
  ['distribution', 'docker-registry', 'ggcr-registry'],
)

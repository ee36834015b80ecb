import { expect, test } from 'vitest'

import { generateKeyPair, pushFresh } from './artifacts.ts'
import { cosignSign } from './cosign.ts'
import { needsPeers } from './peer.ts'
import { onEachRegistry, useWorkbench } from './workbench.ts'

// Trust policies over what cosign signed and attested; by key.

needsPeers('cosign')

const PROVENANCE = JSON.stringify({
  buildDefinition: { buildType: 'https://example.com/build/v1', externalParameters: {} },
  runDetails: { builder: { id: 'https://example.com/runner/7' } },
})

const policy = (release: string, security: string, where: string, more = ''): string => `
apiVersion: wasmpack.dev/v1alpha1
kind: TrustPolicy
metadata: {name: corp}
spec:
  signers:
    release: [{key: ${release}.pub}]
    security: [{key: ${security}.pub}]
  signatures: [{by: release}]
  attestations: [{type: slsaprovenance1, by: security, where: [{at: /runDetails/builder/id, is: "${where}"}]}]
${more}`

onEachRegistry(
  (registry) => {
    const bench = useWorkbench(registry)

    test.each(['bundle', 'legacy'] as const)(
      'a policy is satisfied by what cosign signed and attested as a %s, and refuses what either lacks',
      async (format) => {
        const output = `out-${format}.wasm`
        const [release, security] = [`release-${format}`, `security-${format}`]
        await generateKeyPair(bench, release)
        await generateKeyPair(bench, security)
        bench.write('predicate.json', PROVENANCE)
        bench.write('good.yaml', policy(release, security, 'https://example.com/runner/*'))
        bench.write('other.yaml', policy(release, security, 'https://example.com/*'))
        bench.write(
          'bundles.yaml',
          policy(release, security, 'https://example.com/runner/*', '  formats: [bundle]'),
        )
        const { pinned, tagged } = await pushFresh(bench, registry())
        const refusedBy = async (file: string): Promise<string> => {
          const run = await bench.attempt(['pull', tagged, '-o', output, '--policy', file])
          expect(run.exit).toBe(4)
          expect(bench.exists(output)).toBe(false)
          return run.stderr
        }
        expect(await refusedBy('good.yaml')).toMatch(/spec\.signatures\[0\].*\n.*spec\.attestations\[0\]/)
        await cosignSign(bench, pinned, `${release}.key`)
        expect(await refusedBy('good.yaml')).toContain(
          'spec.attestations[0] requires an attestation slsaprovenance1',
        )
        const what = [
          '--allow-http-registry',
          '--yes',
          '--key',
          `${security}.key`,
          '--type',
          'slsaprovenance1',
        ]
        const written =
          format === 'bundle'
            ? ['--signing-config', 'signing-config.json']
            : ['--new-bundle-format=false', '--use-signing-config=false', '--tlog-upload=false']
        await bench.peer('cosign', 'attest', ...what, '--predicate', 'predicate.json', ...written, pinned)
        await bench.wasmpack('verify', tagged, '--policy', 'good.yaml')
        const tested = await bench.wasmpack('policy', 'test', tagged, '--policy', 'good.yaml')
        expect(tested.stdout).toMatch(
          /spec\.attestations\[0\] requires .* by security, found 1 \(key sha256:/,
        )
        expect(await refusedBy('other.yaml')).toContain(
          'states "https://example.com/runner/7" at /runDetails/builder/id',
        )
        if (format === 'legacy') expect(await refusedBy('bundles.yaml')).toContain('spec.attestations[0]')
        else await bench.wasmpack('verify', tagged, '--policy', 'bundles.yaml')
        await bench.wasmpack('pull', tagged, '-o', output, '--policy', 'good.yaml')
      },
    )
  },
  ['distribution', 'ggcr-registry'],
)

import { expect, test } from 'vitest'

import { fetchToken } from '../stack/sigstore/oidc.ts'
import { storeCredentials } from '../support/cli.ts'
import { pushModule, writeModule } from './artifacts.ts'
import { cosignSignAs } from './cosign.ts'
import { useSigstore } from './sigstore.ts'
import { useWorkbench } from './workbench.ts'

// Trust policies over what cosign signed and attested as an identity, with the services of a private Sigstore.

const sigstore = useSigstore()
const bench = useWorkbench()

const PREDICATE = JSON.stringify({
  buildDefinition: { buildType: 'https://example.com/build/v1', externalParameters: {} },
  runDetails: { builder: { id: 'https://example.com/runner/7' } },
})

const policy = (identity: string, where: string): string => {
  const { issuer, trustedRoot } = sigstore()
  return `apiVersion: wasmpack.dev/v1alpha1
kind: TrustPolicy
metadata: {name: corp}
spec:
  roots: {corp: {trustedRoot: "${trustedRoot}"}}
  signers: {release: [{identity: "${identity}", issuer: "${issuer}", root: corp}]}
  signatures: [{by: release}]
  attestations: [{type: slsaprovenance1, by: release, where: [{at: /runDetails/builder/id, is: "${where}"}]}]
  formats: [bundle]
  signedWithin: 1d
`
}

test('a policy is satisfied by what cosign signed and attested as an identity, and refuses another one', async () => {
  const { host, credentials } = sigstore().registries.find(({ name }) => name === 'referrers')!
  storeCredentials(bench.home, host, credentials.username, credentials.password)
  await writeModule(bench, 'module.wasm')
  const { pinned, tagged } = await pushModule(bench, `${host}/keyless/policy-${process.pid}`, 'module.wasm')
  bench.write('predicate.json', PREDICATE)
  bench.write('good.yaml', policy('alice@*', 'https://example.com/runner/*'))
  bench.write('stranger.yaml', policy('mallory@*', 'https://example.com/runner/*'))
  bench.write('elsewhere.yaml', policy('alice@*', 'https://example.org/runner/*'))
  const token = await fetchToken(sigstore().issuer, 'alice')
  await cosignSignAs(bench, sigstore(), pinned, token, 'rekor1')
  const services = [
    '--signing-config',
    sigstore().signingConfigs.rekor1,
    '--trusted-root',
    sigstore().trustedRoot,
  ]
  const what = [
    '--allow-http-registry',
    '--yes',
    '--type',
    'slsaprovenance1',
    '--predicate',
    'predicate.json',
  ]
  const identity = ['--identity-token', await fetchToken(sigstore().issuer, 'alice')]
  await bench.peer('cosign', 'attest', ...what, ...identity, ...services, pinned)
  await bench.wasmpack('verify', tagged, '--policy', 'good.yaml')
  for (const [file, missing] of [
    ['stranger.yaml', 'spec.signatures[0]'],
    ['elsewhere.yaml', 'states "https://example.com/runner/7" at /runDetails/builder/id'],
  ] as const) {
    const run = await bench.attempt(['verify', tagged, '--policy', file])
    expect(run.exit).toBe(4)
    expect(run.stderr).toContain(missing)
  }
})

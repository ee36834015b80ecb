import { expect, test } from 'vitest'

import { fetchToken } from '../stack/sigstore/oidc.ts'
import { storeCredentials } from '../support/cli.ts'
import { type Pushed, pushModule, writeModule } from './artifacts.ts'
import { useSigstore } from './sigstore.ts'
import { useWorkbench } from './workbench.ts'

// Attestations by an identity, with the services of a private Sigstore, as cosign and wasmpack read each other's.

const sigstore = useSigstore()
const bench = useWorkbench()

const ALICE = 'alice@example.test'
const TYPES = ['slsaprovenance1', 'spdxjson', 'cyclonedx', 'https://example.com/review/v1']
const PREDICATE = `{ "buildDefinition": {"buildType": "https://example.com/build/v1", "externalParameters": { } },
  "runDetails": {"builder": {"id": "https://example.com/builder"}}, "number": 1.0 }\n`

let count = 0

/** A fresh module in a fresh repository behind Keycloak. */
async function push(): Promise<Pushed> {
  const { host, credentials } = sigstore().registries.find(({ name }) => name === 'referrers')!
  storeCredentials(bench.home, host, credentials.username, credentials.password)
  const name = `attested-${process.pid}-${++count}`
  await writeModule(bench, `${name}.wasm`)
  return pushModule(bench, `${host}/keyless/${name}`, `${name}.wasm`)
}

const token = (): Promise<string> => fetchToken(sigstore().issuer, 'alice')

const expected = (identity = ALICE): readonly string[] => {
  const { issuer, trustedRoot } = sigstore()
  return [
    '--certificate-identity',
    identity,
    '--certificate-oidc-issuer',
    issuer,
    '--trusted-root',
    trustedRoot,
  ]
}

test.each(TYPES)('cosign verify-attestation --type %s reads what attest --keyless wrote', async (type) => {
  bench.write('predicate.json', PREDICATE)
  bench.write('token', `${await token()}\n`)
  const { pinned } = await push()
  const { signingConfigs, trustedRoot } = sigstore()
  const services = ['--signing-config', signingConfigs.rekor2, '--trusted-root', trustedRoot, '--yes']
  const what = ['--type', type, '--predicate', 'predicate.json']
  await bench.wasmpack('attest', pinned, ...what, '--keyless', '--identity-token', 'token', ...services)
  const flags = ['--allow-http-registry', '--type', type, ...expected()]
  const { stdout } = await bench.peer('cosign', 'verify-attestation', ...flags, pinned)
  const { payload } = JSON.parse(stdout) as { readonly payload: string }
  expect(Buffer.from(payload, 'base64').toString()).toContain(`"predicate":${PREDICATE}}`)
  await bench.wasmpack('verify', pinned, '--attestation', type, ...expected())
  const other = ['verify', pinned, '--attestation', type, ...expected('mallory@example.test')]
  expect((await bench.attempt(other)).exit).toBe(4)
  expect((await bench.attempt(['verify', pinned, ...expected()])).exit).toBe(4)
})

test.each(TYPES)('verify --attestation %s reads what cosign attest wrote as an identity', async (type) => {
  bench.write('predicate.json', PREDICATE)
  const { pinned, tagged } = await push()
  const { signingConfigs, trustedRoot } = sigstore()
  const services = ['--signing-config', signingConfigs.rekor1, '--trusted-root', trustedRoot, '--yes']
  const what = ['--allow-http-registry', '--type', type, '--predicate', 'predicate.json']
  await bench.peer('cosign', 'attest', ...what, '--identity-token', await token(), ...services, pinned)
  const run = await bench.wasmpack('verify', tagged, '--attestation', type, ...expected(), '--format', 'json')
  expect(JSON.parse(run.stdout)).toMatchObject({
    attestations: [{ format: 'bundle', signer: { kind: 'identity' }, evidence: { logEntries: 1 } }],
  })
})

test('verify --attestation reads what cosign attest wrote as an identity before it wrote bundles', async () => {
  bench.write('predicate.json', PREDICATE)
  const { pinned, tagged } = await push()
  const { fulcio, rekor1 } = sigstore()
  const what = ['--allow-http-registry', '--type', 'cyclonedx', '--predicate', 'predicate.json', '--yes']
  const old = ['--new-bundle-format=false', '--use-signing-config=false']
  const services = ['--rekor-url', rekor1, '--fulcio-url', fulcio, '--identity-token', await token()]
  await bench.peer('cosign', 'attest', ...what, ...old, ...services, pinned)
  const flags = ['--attestation', 'cyclonedx', ...expected(), '--format', 'json']
  const run = await bench.wasmpack('verify', tagged, ...flags)
  expect(JSON.parse(run.stdout)).toMatchObject({
    attestations: [{ format: 'legacy', signer: { kind: 'identity' }, evidence: { logEntries: 1 } }],
  })
})

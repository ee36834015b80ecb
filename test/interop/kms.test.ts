import { expect, test } from 'vitest'

import type { Run } from '../support/child.ts'
import { createToken } from '../stack/softhsm.ts'
import { freshRepository, writeModule } from './artifacts.ts'
import { needsPeers } from './peer.ts'
import { registry, useWorkbench, type Workbench } from './workbench.ts'

// One plugin of Sigstore's KMS protocol over an HSM (SoftHSM, by pkcs11-tool): wasmpack and cosign sign and verify with it.

needsPeers('cosign', 'pkcs11-tool', 'distribution')

const KEY = 'softhsm://tests/release'
const COSIGN = ['--allow-http-registry', '--insecure-ignore-tlog']

const bench = useWorkbench(() => registry('distribution'))
let env: Readonly<Record<string, string>> | undefined

/** The variables of a token with the key `release`, which the first test makes. */
async function openToken(): Promise<Readonly<Record<string, string>>> {
  if (env !== undefined) return env
  env = createToken(bench.path('.'), 'tests')
  await expectRun(
    bench.attempt(['generate-key-pair', '--kms', KEY, '--output-key-prefix', 'release'], { env }),
  )
  return env
}

async function expectRun(run: Promise<Run>, exit = 0): Promise<Run> {
  const { stdout, stderr, ...ended } = await run
  expect({ exit: ended.exit, stdout, stderr }).toMatchObject({ exit })
  return { stdout, stderr, ...ended }
}

async function push(bench: Workbench, name: string, ...flags: readonly string[]): Promise<string> {
  await writeModule(bench, `${name}.wasm`)
  const repository = freshRepository(registry('distribution'))
  const argv = ['push', `${repository}:1.0.0`, `${name}.wasm`, '--format', 'json', ...flags]
  const { stdout } = await expectRun(bench.attempt(argv, { env: await openToken() }))
  return `${repository}@${(JSON.parse(stdout) as { readonly digest: string }).digest}`
}

test('cosign verifies what wasmpack signed with the HSM: by the plugin, and by the public key that wasmpack wrote', async () => {
  const env = await openToken()
  const pinned = await push(bench, 'ours', '--key', KEY, '--sbom')
  for (const key of [KEY, 'release.pub']) {
    await expectRun(bench.attemptPeer('cosign', ['verify', ...COSIGN, '--key', key, pinned], { env }))
    const attested = ['verify-attestation', ...COSIGN, '--type', 'cyclonedx', '--key', key, pinned]
    await expectRun(bench.attemptPeer('cosign', attested, { env }))
    await expectRun(bench.attempt(['verify', pinned, '--key', key], { env }))
  }
})

test('wasmpack verifies what cosign signed and attested with the HSM', async () => {
  const env = await openToken()
  const pinned = await push(bench, 'theirs')
  await expectRun(bench.attemptPeer('cosign', ['signing-config', 'create', '--out', 'config.json'], { env }))
  const flags = ['--allow-http-registry', '--yes', '--signing-config', 'config.json', '--key', KEY]
  await expectRun(bench.attemptPeer('cosign', ['sign', ...flags, pinned], { env }))
  bench.write('predicate.json', '{"bomFormat":"CycloneDX"}')
  const attest = ['attest', ...flags, '--type', 'cyclonedx', '--predicate', 'predicate.json', pinned]
  await expectRun(bench.attemptPeer('cosign', attest, { env }))
  for (const key of [KEY, 'release.pub']) {
    await expectRun(bench.attempt(['verify', pinned, '--key', key], { env }))
    await expectRun(bench.attempt(['verify', pinned, '--key', key, '--attestation', 'cyclonedx'], { env }))
  }
})

test('another key of the token verifies nothing', async () => {
  const env = await openToken()
  const other = 'softhsm://tests/other'
  const pinned = await push(bench, 'strange', '--key', KEY)
  const generate = ['generate-key-pair', '--kms', other, '--output-key-prefix', 'other']
  await expectRun(bench.attempt(generate, { env }))
  await expectRun(bench.attempt(['verify', pinned, '--key', other], { env }), 4)
  const refused = await bench.attemptPeer('cosign', ['verify', ...COSIGN, '--key', other, pinned], { env })
  expect(refused.exit).not.toBe(0)
})

test('a key that the token does not have, and a wrong PIN, end with what the plugin says', async () => {
  const env = await openToken()
  const absent = await expectRun(
    bench.attempt(
      ['verify', `${freshRepository(registry('distribution'))}:1`, '--key', 'softhsm://tests/absent'],
      { env },
    ),
    9,
  )
  expect(absent.stderr).toContain('sigstore-kms-softhsm says: ')
  await writeModule(bench, 'locked.wasm')
  const argv = ['push', `${freshRepository(registry('distribution'))}:1`, 'locked.wasm', '--key', KEY]
  const locked = await expectRun(bench.attempt(argv, { env: { ...env, SOFTHSM_PIN: '0000' } }), 9)
  expect(locked.stderr).toContain('sigstore-kms-softhsm says: ')
  expect(locked.stderr).not.toContain('0000')
})

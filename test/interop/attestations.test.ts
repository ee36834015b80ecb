import { createHash } from 'node:crypto'

import { expect, test } from 'vitest'

import { generateKeyPair, type Pushed, pushFresh } from './artifacts.ts'
import { needsPeers } from './peer.ts'
import { onEachRegistry, useWorkbench, type Workbench } from './workbench.ts'

// Attestations of wasmpack as cosign reads them, and the reverse; by key.

needsPeers('cosign')

const CAPABILITIES = 'https://wasmpack.dev/attestation/capabilities/v1'
const CUSTOM = 'https://example.com/review/v1'

/** Spaces, order and numbers that a writer of JSON would change. */
const PREDICATE = '{ "z": 1.0,\n  "bomFormat" : "CycloneDX",\t"components": [ ] }\n'

/** The statements that cosign verified. */
async function cosignVerify(bench: Workbench, pinned: string, type: string, key: string): Promise<string[]> {
  const flags = ['--allow-http-registry', '--insecure-ignore-tlog', '--key', key, '--type', type]
  const { stdout } = await bench.peer('cosign', 'verify-attestation', ...flags, pinned)
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly payload: string })
    .map(({ payload }) => Buffer.from(payload, 'base64').toString())
}

async function cosignAttest(
  bench: Workbench,
  { pinned }: Pushed,
  type: string,
  key: string,
  format: 'bundle' | 'legacy',
): Promise<void> {
  const config = 'signing-config.json'
  if (!bench.exists(config)) await bench.peer('cosign', 'signing-config', 'create', '--out', config)
  const written =
    format === 'bundle'
      ? ['--signing-config', config]
      : ['--new-bundle-format=false', '--use-signing-config=false', '--tlog-upload=false']
  const what = [
    '--allow-http-registry',
    '--yes',
    '--key',
    key,
    '--type',
    type,
    '--predicate',
    'predicate.json',
  ]
  await bench.peer('cosign', 'attest', ...what, ...written, pinned)
}

let count = 0
const freshName = (): string => `key-${++count}`

onEachRegistry(
  (registry) => {
    const bench = useWorkbench(registry)

    test.each(['slsaprovenance1', 'spdxjson', 'cyclonedx', CUSTOM])(
      'cosign verify-attestation --type %s reads what attest wrote, and the predicate is the file byte for byte',
      async (type) => {
        const [ours, stranger] = [freshName(), freshName()]
        await generateKeyPair(bench, ours)
        await generateKeyPair(bench, stranger)
        bench.write('predicate.json', PREDICATE)
        const { pinned, tagged } = await pushFresh(bench, registry())
        const attest = [
          'attest',
          pinned,
          '--type',
          type,
          '--predicate',
          'predicate.json',
          '--key',
          `${ours}.key`,
        ]
        await bench.wasmpack(...attest)
        const [statement] = await cosignVerify(bench, pinned, type, `${ours}.pub`)
        expect(statement).toContain(`"predicate":${PREDICATE}}`)
        await bench.wasmpack('verify', tagged, '--key', `${ours}.pub`, '--attestation', type)
        const again = await bench.wasmpack(...attest, '--format', 'json')
        expect(JSON.parse(again.stdout)).toMatchObject({ written: false })
        const refused = ['verify', tagged, '--key', `${stranger}.pub`, '--attestation', type]
        expect((await bench.attempt(refused)).exit).toBe(4)
        expect((await bench.attempt(['verify', tagged, '--key', `${ours}.pub`])).exit).toBe(4)
      },
    )

    test.each([
      ['slsaprovenance1', 'bundle'],
      ['spdxjson', 'bundle'],
      ['cyclonedx', 'bundle'],
      [CUSTOM, 'bundle'],
      ['cyclonedx', 'legacy'],
      [CUSTOM, 'legacy'],
    ] as const)('verify --attestation %s reads what cosign attest wrote as a %s', async (type, format) => {
      const theirs = freshName()
      await bench.peer('cosign', 'generate-key-pair', '--output-key-prefix', theirs)
      bench.write('predicate.json', type === 'slsaprovenance1' ? PROVENANCE : PREDICATE)
      const pushed = await pushFresh(bench, registry())
      await cosignAttest(bench, pushed, type, `${theirs}.key`, format)
      const flags = ['--key', `${theirs}.pub`, '--attestation', type, '--format', 'json']
      const run = await bench.wasmpack('verify', pushed.tagged, ...flags)
      expect(JSON.parse(run.stdout)).toMatchObject({ verified: true, attestations: [{ format }] })
      expect((await bench.attempt(['verify', pushed.tagged, '--key', `${theirs}.pub`])).exit).toBe(4)
      const other = ['--key', `${theirs}.pub`, '--attestation', 'capabilities']
      expect((await bench.attempt(['verify', pushed.tagged, ...other])).exit).toBe(4)
    })

    test('cosign verify-attestation reads push --provenance, about the artifact and its module', async () => {
      const ours = freshName()
      await generateKeyPair(bench, ours)
      const { pinned, tagged, digest, file } = await pushFresh(bench, registry())
      const push = ['push', tagged, file, '--provenance']
      expect((await bench.attempt(push, { env: GITHUB })).exit).toBe(2)
      const run = await bench.attempt([...push, '--key', `${ours}.key`], { env: GITHUB })
      expect(run).toMatchObject({ exit: 0 })
      const [statement] = await cosignVerify(bench, pinned, 'slsaprovenance1', `${ours}.pub`)
      const module = createHash('sha256').update(bench.read(file)).digest('hex')
      expect(JSON.parse(statement!)).toMatchObject({
        subject: [{ digest: { sha256: digest.slice(7) } }, { digest: { sha256: module } }],
        predicate: { runDetails: { builder: { id: 'https://github.com/actions/runner/self-hosted' } } },
      })
    })

    test('push --attest attaches before the tag what cosign verify-attestation reads beside the capabilities', async () => {
      const ours = freshName()
      await generateKeyPair(bench, ours)
      bench.write('predicate.json', PREDICATE)
      const flags = ['--key', `${ours}.key`, '--attest', 'cyclonedx=predicate.json']
      const { pinned, tagged } = await pushFresh(bench, registry(), ...flags)
      const [statement] = await cosignVerify(bench, pinned, 'cyclonedx', `${ours}.pub`)
      expect(statement).toContain(`"predicate":${PREDICATE}}`)
      expect(await cosignVerify(bench, pinned, CAPABILITIES, `${ours}.pub`)).toHaveLength(1)
      const types = ['--attestation', 'cyclonedx', '--attestation', 'capabilities']
      const run = await bench.wasmpack('verify', tagged, '--key', `${ours}.pub`, ...types, '--format', 'json')
      expect(JSON.parse(run.stdout)).toMatchObject({ attestations: [{}, { predicateType: CAPABILITIES }] })
      await bench.wasmpack('verify', tagged, '--key', `${ours}.pub`)
    })
  },
  ['distribution', 'ggcr-registry'],
)

const PROVENANCE = JSON.stringify({
  buildDefinition: { buildType: 'https://example.com/build/v1', externalParameters: {} },
  runDetails: { builder: { id: 'https://example.com/builder' } },
})

const GITHUB = {
  GITHUB_ACTIONS: 'true',
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_REPOSITORY: 'acme/app',
  GITHUB_REPOSITORY_ID: '11',
  GITHUB_REPOSITORY_OWNER_ID: '22',
  GITHUB_WORKFLOW_REF: 'acme/app/.github/workflows/release.yml@refs/heads/main',
  GITHUB_REF: 'refs/heads/main',
  GITHUB_SHA: '0123456789abcdef0123456789abcdef01234567',
  GITHUB_EVENT_NAME: 'workflow_dispatch',
  GITHUB_RUN_ID: '33',
  GITHUB_RUN_ATTEMPT: '2',
  RUNNER_ENVIRONMENT: 'self-hosted',
}

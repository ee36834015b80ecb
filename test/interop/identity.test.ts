import { beforeAll, describe, expect, test } from 'vitest'

import { fetchToken } from '../stack/sigstore/oidc.ts'
import { type Pushed, pushFresh } from './artifacts.ts'
import { cosignSignAs } from './cosign.ts'
import { useSigstore } from './sigstore.ts'
import { registry, useWorkbench } from './workbench.ts'

// What cosign signs, in every form that it has had, as wasmpack verifies it.

const sigstore = useSigstore()
const bench = useWorkbench()

const ALICE = 'alice@example.test'
const LEGACY = ['--new-bundle-format=false', '--use-signing-config=false']
const VARIANT = { COSIGN_EXPERIMENTAL: '1' }
const VARIANT_FLAGS = [...LEGACY, '--registry-referrers-mode=oci-1-1']

/** A way to sign with cosign. Flags that name services of the stack are only known when it runs. */
interface Way {
  readonly name: string
  readonly flags: () => readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly format: 'bundle' | 'legacy'
  /** What is verified of it. */
  readonly evidence: { readonly logEntries: number; readonly timestamps: number }
  /** How wasmpack is told that there is no log entry. */
  readonly verify?: readonly string[]
}

const withConfig = (name: 'rekor1' | 'rekor2' | 'timestamps') => (): readonly string[] => [
  '--signing-config',
  sigstore().signingConfigs[name],
]
const rekor1 = (): readonly string[] => ['--rekor-url', sigstore().rekor1]
const timestamp = (): readonly string[] => [
  '--tlog-upload=false',
  '--timestamp-server-url',
  `${sigstore().timestampAuthorities[0]}/api/v1/timestamp`,
]
const fulcio = (): readonly string[] => ['--fulcio-url', sigstore().fulcio]

const WAYS: readonly Way[] = [
  {
    name: 'a bundle with Rekor 1',
    flags: withConfig('rekor1'),
    format: 'bundle',
    evidence: { logEntries: 1, timestamps: 1 },
  },
  {
    name: 'a bundle with Rekor 2',
    flags: withConfig('rekor2'),
    format: 'bundle',
    evidence: { logEntries: 1, timestamps: 1 },
  },
  {
    name: 'a bundle with timestamps alone',
    flags: withConfig('timestamps'),
    format: 'bundle',
    evidence: { logEntries: 0, timestamps: 2 },
    verify: ['--insecure-ignore-tlog'],
  },
  {
    name: 'the tag .sig with Rekor 1',
    flags: () => [...LEGACY, ...rekor1(), ...fulcio()],
    format: 'legacy',
    evidence: { logEntries: 1, timestamps: 0 },
  },
  {
    name: 'the tag .sig with a timestamp',
    flags: () => [...LEGACY, ...timestamp(), ...fulcio()],
    format: 'legacy',
    evidence: { logEntries: 0, timestamps: 1 },
    verify: ['--insecure-ignore-tlog'],
  },
  {
    name: 'the variant for OCI 1.1 with Rekor 1',
    flags: () => [...VARIANT_FLAGS, ...rekor1(), ...fulcio()],
    env: VARIANT,
    format: 'legacy',
    evidence: { logEntries: 1, timestamps: 0 },
  },
]

describe.each(['distribution', 'ggcr-registry'] as const)('%s', (name) => {
  describe.each(WAYS)('cosign sign as an identity: $name', (way) => {
    let signed: Pushed
    beforeAll(async () => {
      signed = await pushFresh(bench, registry(name))
      const token = await fetchToken(sigstore().issuer, 'alice')
      const common = ['--allow-http-registry', '--yes', '--identity-token', token]
      const trust = ['--trusted-root', sigstore().trustedRoot]
      const flags = [...common, ...trust, ...way.flags(), signed.pinned]
      const run = await bench.attemptPeer('cosign', ['sign', ...flags], { env: way.env ?? {} })
      expect(run).toMatchObject({ exit: 0 })
    })

    const verify = (identity: string, issuer = sigstore().issuer) => {
      const who = ['--certificate-identity', identity, '--certificate-oidc-issuer', issuer]
      const trust = ['--trusted-root', sigstore().trustedRoot, ...(way.verify ?? [])]
      return bench.attempt(['verify', signed.pinned, ...who, ...trust, '--format', 'json'])
    }

    test('is verified, with what was checked', async () => {
      const run = await verify(ALICE)
      expect(run).toMatchObject({ exit: 0 })
      const [result] = (JSON.parse(run.stdout) as { readonly results?: readonly unknown[] }).results ?? [
        JSON.parse(run.stdout),
      ]
      expect(result).toMatchObject({
        verified: true,
        signatures: [
          {
            format: way.format,
            signer: { kind: 'identity', subject: ALICE, issuer: sigstore().issuer },
            evidence: { ...way.evidence, certificateTimestamps: 1 },
          },
        ],
      })
    })

    test('as somebody else, or of another issuer, is 4, and names who signed', async () => {
      for (const run of [await verify('bob@example.test'), await verify(ALICE, `${sigstore().issuer}/`)])
        expect(run).toMatchObject({ exit: 4, stdout: expect.stringContaining(ALICE) })
    })

    if (way.verify !== undefined)
      test('without a log entry is 4 unless that is waived', async () => {
        const who = ['--certificate-identity', ALICE, '--certificate-oidc-issuer', sigstore().issuer]
        const trust = ['--trusted-root', sigstore().trustedRoot]
        const run = await bench.attempt(['verify', signed.pinned, ...who, ...trust])
        expect(run).toMatchObject({ exit: 4, stderr: expect.stringContaining('log') })
      })
  })
})

const KEY_WAYS: readonly (Omit<Way, 'evidence'> & { readonly trusted: boolean })[] = [
  { name: 'a bundle with Rekor 1', flags: withConfig('rekor1'), format: 'bundle', trusted: true },
  { name: 'a bundle with Rekor 2', flags: withConfig('rekor2'), format: 'bundle', trusted: true },
  {
    name: 'the tag .sig alone',
    flags: () => [...LEGACY, '--tlog-upload=false'],
    format: 'legacy',
    trusted: false,
  },
  {
    name: 'the tag .sig with Rekor 1',
    flags: () => [...LEGACY, ...rekor1()],
    format: 'legacy',
    trusted: true,
  },
  {
    name: 'the variant for OCI 1.1 alone',
    flags: () => [...VARIANT_FLAGS, '--tlog-upload=false'],
    env: VARIANT,
    format: 'legacy',
    trusted: false,
  },
]

describe.each(KEY_WAYS)('cosign sign with a key: $name', (way) => {
  test.each(['distribution', 'ggcr-registry'] as const)(
    'is verified on %s, by its key alone',
    async (name) => {
      const prefix = `${way.name.replaceAll(/\W/g, '-')}-${name}`
      await bench.peer('cosign', 'generate-key-pair', '--output-key-prefix', prefix)
      await bench.peer('cosign', 'generate-key-pair', '--output-key-prefix', `other-${prefix}`)
      const signed = await pushFresh(bench, registry(name))
      const flags = ['--allow-http-registry', '--yes', '--key', `${prefix}.key`, ...way.flags()]
      const trust = way.trusted ? ['--trusted-root', sigstore().trustedRoot] : []
      const run = await bench.attemptPeer('cosign', ['sign', ...flags, ...trust, signed.pinned], {
        env: way.env ?? {},
      })
      expect(run).toMatchObject({ exit: 0 })
      const verified = await bench.attempt(['verify', signed.pinned, '--key', `${prefix}.pub`, ...trust])
      expect(verified).toMatchObject({ exit: 0 })
      expect(await bench.attempt(['verify', signed.pinned, '--key', `other-${prefix}.pub`])).toMatchObject({
        exit: 4,
        stderr: expect.stringContaining('signed by another key'),
      })
    },
  )
})

test('cosign attests and attaches in its older form: discover and ls name each for what it is', async () => {
  const pushed = await pushFresh(bench, registry('distribution'))
  await bench.peer('cosign', 'generate-key-pair', '--output-key-prefix', 'older')
  const key = ['--allow-http-registry', '--yes', '--key', 'older.key', '--tlog-upload=false']
  bench.write('predicate.json', '{}')
  await bench.peer('cosign', 'sign', ...key, ...LEGACY, pushed.pinned)
  const attest = [
    'attest',
    ...key,
    ...LEGACY,
    '--predicate',
    'predicate.json',
    '--type',
    'custom',
    pushed.pinned,
  ]
  await bench.peer('cosign', ...attest)
  const found = await bench.wasmpack('discover', pushed.pinned, '--format', 'json')
  const { referrers } = JSON.parse(found.stdout) as { readonly referrers: readonly object[] }
  const tag = pushed.digest.replace(':', '-')
  expect(referrers).toMatchObject([
    { kind: 'legacy-signature', tag: `${tag}.sig` },
    { kind: 'legacy-attestation', tag: `${tag}.att` },
  ])
  const listed = await bench.wasmpack('ls', pushed.repository)
  expect(listed.stdout).toContain('signed (legacy)')
})

test('cosign signs as alice what wasmpack then signs with a key, and each verifies its own', async () => {
  const pushed = await pushFresh(bench, registry('distribution'))
  await cosignSignAs(bench, sigstore(), pushed.pinned, await fetchToken(sigstore().issuer, 'alice'), 'rekor2')
  await bench.wasmpack('generate-key-pair', '--output-key-prefix', 'beside')
  await bench.wasmpack('sign', pushed.pinned, '--key', 'beside.key')
  await bench.wasmpack('verify', pushed.pinned, '--key', 'beside.pub')
  const who = ['--certificate-identity', ALICE, '--certificate-oidc-issuer', sigstore().issuer]
  await bench.wasmpack('verify', pushed.pinned, ...who, '--trusted-root', sigstore().trustedRoot)
})

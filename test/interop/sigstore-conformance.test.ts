import { fileURLToPath } from 'node:url'

import { describe, expect, test } from 'vitest'

import { fetchToken } from '../stack/sigstore/oidc.ts'
import type { SigningConfigName } from '../stack/sigstore/sigstore.ts'
import { runChild } from '../support/child.ts'
import { useSigstore } from './sigstore.ts'
import { useWorkbench } from './workbench.ts'

// The client of sigstore-conformance signs with a private Sigstore, in the order of the protocol.

const sigstore = useSigstore()
const bench = useWorkbench()

const ALICE = 'alice@example.test'
const CLIENT = fileURLToPath(new URL('../sigstore-conformance/wasmpack-conformance', import.meta.url))

const run = (...args: readonly string[]) =>
  runChild(CLIENT, args, { cwd: bench.path('.'), env: { ...process.env } as Record<string, string> })

async function sign(config: SigningConfigName, artifact: string, ...flags: readonly string[]) {
  return run(
    'sign-bundle',
    ...flags,
    '--identity-token',
    await fetchToken(sigstore().issuer, 'alice'),
    '--bundle',
    'bundle.json',
    '--trusted-root',
    sigstore().trustedRoot,
    '--signing-config',
    sigstore().signingConfigs[config],
    artifact,
  )
}

const identityFlags = (identity: string): readonly string[] => [
  '--certificate-identity',
  identity,
  '--certificate-oidc-issuer',
  sigstore().issuer,
  '--trusted-root',
  sigstore().trustedRoot,
]

describe.each<SigningConfigName>(['rekor1', 'rekor2'])('with %s', (config) => {
  test('a message is signed, and verified by this client and by cosign', async () => {
    bench.write('message', 'message')
    expect(await sign(config, 'message')).toMatchObject({ exit: 0, stderr: '' })
    const verify = (identity: string, artifact: string) =>
      run('verify-bundle', '--bundle', 'bundle.json', ...identityFlags(identity), artifact)
    expect(await verify(ALICE, 'message')).toMatchObject({ exit: 0 })
    expect(await verify('bob@example.test', 'message')).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining(`claims identity ${ALICE}`),
    })
    bench.write('other', 'other')
    expect(await verify(ALICE, 'other')).toMatchObject({ exit: 1 })
    expect(
      await bench.attemptPeer('cosign', [
        'verify-blob',
        '--bundle',
        'bundle.json',
        ...identityFlags(ALICE),
        'message',
      ]),
    ).toMatchObject({ exit: 0 })
  })

  test('a statement is signed, and verified for its subject', async () => {
    bench.write('message', 'message')
    const sha256 = 'ab530a13e45914982b79f9b7e3fba994cfd1f3fb22f71cea1afbf02b460c6d1d'
    bench.write(
      'statement.json',
      JSON.stringify({
        _type: 'https://in-toto.io/Statement/v1',
        subject: [{ name: 'message', digest: { sha256 } }],
        predicateType: 'https://example.com/test',
        predicate: {},
      }),
    )
    expect(await sign(config, 'statement.json', '--in-toto')).toMatchObject({ exit: 0, stderr: '' })
    for (const artifact of ['message', `sha256:${sha256}`])
      expect(
        await run('verify-bundle', '--bundle', 'bundle.json', ...identityFlags(ALICE), artifact),
      ).toMatchObject({ exit: 0, stderr: '' })
  })
})

test('a token that is none ends before anything is sent, and is not shown', async () => {
  bench.write('message', 'message')
  const refused = await run(
    'sign-bundle',
    '--identity-token',
    'canary-token',
    '--bundle',
    'bundle.json',
    '--trusted-root',
    sigstore().trustedRoot,
    '--signing-config',
    sigstore().signingConfigs.rekor2,
    'message',
  )
  expect(refused).toMatchObject({ exit: 1, stderr: expect.stringContaining('not a JSON Web Token') })
  expect(refused.stderr).not.toContain('canary')
})

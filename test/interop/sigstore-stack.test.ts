import { describe, expect, test } from 'vitest'

import { fetchCiToken, fetchToken } from '../stack/sigstore/oidc.ts'
import type { SigningConfigName } from '../stack/sigstore/sigstore.ts'
import { storeCredentials } from '../support/cli.ts'
import { cosignSignAs, cosignVerifyIdentity } from './cosign.ts'
import { useSigstore } from './sigstore.ts'
import { useWorkbench } from './workbench.ts'

// The private Sigstore and cosign among themselves: if these fail no other failure says anything about wasmpack.

const sigstore = useSigstore()
const bench = useWorkbench()

const ALICE = 'alice@example.test'

/** Pushes a file with oras to one of the registries behind Keycloak. */
async function push(name: string): Promise<string> {
  const { host, credentials } = sigstore().registries.find((one) => one.name === name)!
  storeCredentials(bench.home, host, credentials.username, credentials.password)
  const repository = `${host}/stack/${name}`
  bench.write('hello.txt', 'hello\n')
  await bench.peer('oras', 'push', '--plain-http', `${repository}:1`, 'hello.txt:text/plain')
  const digest = (await bench.peer('oras', 'resolve', '--plain-http', `${repository}:1`)).stdout.trim()
  return `${repository}@${digest}`
}

describe.each(['distribution', 'docker-registry', 'referrers'])('%s behind Keycloak', (name) => {
  test('cosign verifies what cosign signed as alice, and not as somebody else', async () => {
    const pinned = await push(name)
    expect((await cosignVerifyIdentity(bench, sigstore(), pinned, ALICE)).exit).not.toBe(0)
    await cosignSignAs(bench, sigstore(), pinned, await fetchToken(sigstore().issuer, 'alice'), 'rekor2')
    expect(await cosignVerifyIdentity(bench, sigstore(), pinned, ALICE)).toMatchObject({ exit: 0 })
    const refused = await cosignVerifyIdentity(bench, sigstore(), pinned, 'bob@example.test')
    expect(refused.stderr).toContain(`expected SAN value "bob@example.test", got "${ALICE}"`)
  })
})

test.each<SigningConfigName>(['rekor1', 'rekor2'])(
  'cosign verifies what cosign signed as the service account with %s',
  async (config) => {
    const pinned = await push('referrers')
    await cosignSignAs(bench, sigstore(), pinned, await fetchCiToken(sigstore().issuer), config)
    expect(await cosignVerifyIdentity(bench, sigstore(), pinned, 'ci@example.test')).toMatchObject({
      exit: 0,
    })
  },
)

test('both timestamp authorities sign, and a root without their log entry is not enough for cosign', async () => {
  const pinned = await push('referrers')
  await cosignSignAs(bench, sigstore(), pinned, await fetchToken(sigstore().issuer, 'bob'), 'timestamps')
  const bob = 'bob@example.test'
  expect((await cosignVerifyIdentity(bench, sigstore(), pinned, bob)).exit).not.toBe(0)
  expect(
    await cosignVerifyIdentity(
      bench,
      sigstore(),
      pinned,
      bob,
      '--insecure-ignore-tlog',
      '--use-signed-timestamps',
    ),
  ).toMatchObject({ exit: 0 })
})

test('a token of an address that nobody verified, or for another audience, is refused', async () => {
  const { issuer } = sigstore()
  const pinned = await push('referrers')
  for (const token of [
    await fetchToken(issuer, 'unverified'),
    await fetchToken(issuer, 'alice', 'elsewhere'),
  ])
    await expect(cosignSignAs(bench, sigstore(), pinned, token, 'rekor2')).rejects.toThrow('cosign sign')
})

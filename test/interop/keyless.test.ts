import { describe, expect, test } from 'vitest'

import type { KeycloakRegistry } from '../stack/sigstore/registries.ts'
import { Browser } from '../stack/sigstore/browser.ts'
import { CI_CLIENT, fetchToken } from '../stack/sigstore/oidc.ts'
import type { SigningConfigName } from '../stack/sigstore/sigstore.ts'
import { serve } from '../support/serve.ts'
import { startWasmpack, storeCredentials } from '../support/cli.ts'
import { transcript } from '../support/child.ts'
import { until } from '../support/time.ts'
import { generateKeyPair, type Pushed, pushModule, writeModule } from './artifacts.ts'
import { cosignVerifyIdentity } from './cosign.ts'
import { largeModule } from './modules.ts'
import { openFront, type ServiceFront } from './service-front.ts'
import { useSigstore } from './sigstore.ts'
import { openValve } from './valve.ts'
import { useWorkbench } from './workbench.ts'

// What wasmpack signs with the services of a private Sigstore, as cosign and wasmpack itself verify it.

const sigstore = useSigstore()
const bench = useWorkbench()

const ALICE = 'alice@example.test'

/** A registry behind Keycloak, with its credentials in the home. */
function enter(name: string): KeycloakRegistry {
  const found = sigstore().registries.find((one) => one.name === name)!
  storeCredentials(bench.home, found.host, found.credentials.username, found.credentials.password)
  return found
}

let count = 0
const freshName = (): string => `keyless/${process.pid}-${++count}`

/** A fresh module, pushed to a fresh repository of the registry. */
async function push(registry: string, ...flags: readonly string[]): Promise<Pushed> {
  const file = `${freshName().replace('/', '-')}.wasm`
  await writeModule(bench, file)
  return pushModule(bench, `${enter(registry).host}/${freshName()}`, file, ...flags)
}

async function writeToken(
  ...[user, client]: Parameters<typeof fetchToken> extends [string, ...infer R] ? R : never
): Promise<string> {
  bench.write('token', `${await fetchToken(sigstore().issuer, user, client)}\n`)
  return 'token'
}

const withServices = (config: SigningConfigName): readonly string[] => [
  '--signing-config',
  sigstore().signingConfigs[config],
  '--trusted-root',
  sigstore().trustedRoot,
  '--yes',
]

const keyless = async (config: SigningConfigName): Promise<readonly string[]> => [
  '--keyless',
  '--identity-token',
  await writeToken('alice'),
  ...withServices(config),
]

/** Verified by both tools, as this identity. */
async function expectSignedBy(pinned: string, identity: string): Promise<void> {
  const { issuer, trustedRoot } = sigstore()
  expect(await cosignVerifyIdentity(bench, sigstore(), pinned, identity)).toMatchObject({ exit: 0 })
  const flags = ['--certificate-identity', identity, '--certificate-oidc-issuer', issuer]
  expect(await bench.attempt(['verify', pinned, '--trusted-root', trustedRoot, ...flags])).toMatchObject({
    exit: 0,
  })
}

describe.each(['distribution', 'docker-registry', 'referrers'])(
  'push --keyless to %s behind Keycloak',
  (registry) => {
    test.each<SigningConfigName>(['rekor1', 'rekor2'])(
      'cosign verifies it with %s, and the same push again writes nothing',
      async (config) => {
        const flags = await keyless(config)
        const pushed = await push(registry, ...flags)
        await expectSignedBy(pushed.pinned, ALICE)
        const again = await bench.wasmpack('push', pushed.tagged, pushed.file, '--format', 'json', ...flags)
        expect(JSON.parse(again.stdout)).toMatchObject({
          digest: pushed.digest,
          written: false,
          signature: { written: false },
          attestation: { written: false },
        })
      },
    )
  },
)

test('sign --keyless signs what was pushed unsigned, once, with both timestamp authorities and no log', async () => {
  const { pinned } = await push('referrers')
  const flags = await keyless('timestamps')
  const run = await bench.wasmpack('sign', pinned, '--format', 'json', ...flags)
  expect(JSON.parse(run.stdout)).toMatchObject({ written: true })
  const relaxed = ['--insecure-ignore-tlog', '--use-signed-timestamps']
  expect(await cosignVerifyIdentity(bench, sigstore(), pinned, ALICE, ...relaxed)).toMatchObject({ exit: 0 })
  expect((await bench.wasmpack('sign', pinned, ...flags)).stderr).toContain('already signed')
})

test('another identity adds its signature beside that of the first', async () => {
  const { pinned } = await push('referrers', ...(await keyless('rekor2')))
  const bob = ['--keyless', '--identity-token', await writeToken('bob'), ...withServices('rekor2')]
  await bench.wasmpack('sign', pinned, ...bob)
  await expectSignedBy(pinned, ALICE)
  await expectSignedBy(pinned, 'bob@example.test')
})

test.each<SigningConfigName>(['rekor1', 'rekor2'])(
  'push --key with %s: cosign verifies it by the key and the log',
  async (config) => {
    await generateKeyPair(bench, config)
    const { pinned, tagged, file } = await push(
      'referrers',
      '--key',
      `${config}.key`,
      ...withServices(config),
    )
    const verify = [
      'verify',
      '--allow-http-registry',
      '--key',
      `${config}.pub`,
      '--trusted-root',
      sigstore().trustedRoot,
    ]
    const run = await bench.attemptPeer('cosign', [...verify, pinned])
    expect(run, transcript(run)).toMatchObject({ exit: 0 })
    const again = await bench.wasmpack(
      'push',
      tagged,
      file,
      '--key',
      `${config}.key`,
      ...withServices(config),
    )
    expect(again.stderr).toContain('unchanged')
  },
)

test('a key signature without a log entry is signed again where a log is asked for', async () => {
  await generateKeyPair(bench, 'late')
  const { pinned } = await push('referrers', '--key', 'late.key')
  const run = await bench.wasmpack(
    'sign',
    pinned,
    '--format',
    'json',
    '--key',
    'late.key',
    ...withServices('rekor2'),
  )
  expect(JSON.parse(run.stdout)).toMatchObject({ written: true })
})

describe('signing in at Keycloak', () => {
  const signIn = (...flags: readonly string[]): readonly string[] => [
    '--keyless',
    '--oidc-issuer',
    sigstore().issuer,
    ...withServices('rekor2'),
    ...flags,
  ]

  test('client-credentials: signed as the service account', async () => {
    bench.write('secret', `${CI_CLIENT.secret}\n`)
    const client = ['--oidc-client-id', CI_CLIENT.id, '--oidc-client-secret-file', 'secret']
    const { pinned } = await push('referrers', ...signIn('--oidc-flow', 'client-credentials', ...client))
    await expectSignedBy(pinned, 'ci@example.test')
  })

  test('device: signed as the person who granted it, and denied as told', async () => {
    const { pinned } = await push('referrers')
    for (const [decision, exit] of [
      ['deny', 7],
      ['grant', 0],
    ] as const) {
      const child = startWasmpack(bench.home, ['sign', pinned, ...signIn('--oidc-flow', 'device')])
      let said = ''
      child.process.stderr!.on('data', (chunk: Buffer) => (said += chunk.toString()))
      await until(() => /open (\S+) and enter/.test(said))
      await new Browser().decideOnDevice(/open (\S+) and enter/.exec(said)![1]!, 'bob', decision)
      const run = await child.ended
      expect(run.exit, transcript(run)).toBe(exit)
    }
    await expectSignedBy(pinned, 'bob@example.test')
  })

  test('browser: signed as the person who signed in', async () => {
    const { pinned } = await push('referrers')
    const child = startWasmpack(bench.home, ['sign', pinned, ...signIn('--oidc-flow', 'browser')], {
      env: { BROWSER: '/bin/true' },
    })
    let said = ''
    child.process.stderr!.on('data', (chunk: Buffer) => (said += chunk.toString()))
    await until(() => /(http\S+)\n/.test(said))
    await new Browser().signIn(/(http\S+)\n/.exec(said)![1]!, 'alice')
    const run = await child.ended
    expect(run.exit, transcript(run)).toBe(0)
    await expectSignedBy(pinned, ALICE)
  })
})

test('a Fulcio that certifies users is given a token with an e-mail address', async () => {
  const { fulcioOfUsers, rekor2, timestampAuthorities, issuer, trustedRoot } = sigstore()
  const services = ['--fulcio-url', fulcioOfUsers, '--rekor-url', rekor2, '--rekor-version', '2']
  const timestamps = timestampAuthorities.flatMap((url) => [
    '--timestamp-server-url',
    `${url}/api/v1/timestamp`,
  ])
  const token = await writeToken('alice')
  const flags = [
    '--keyless',
    '--identity-token',
    token,
    '--yes',
    '--trusted-root',
    trustedRoot,
    ...services,
    ...timestamps,
  ]
  const { pinned, tagged, file } = await push('referrers', ...flags)
  const claims = JSON.parse(
    Buffer.from(bench.read('token').toString().split('.')[1]!, 'base64url').toString(),
  )
  await expectSignedBy(pinned, `${claims.sub}!localhost`)
  expect((await bench.wasmpack('push', tagged, file, ...flags)).stderr).toContain('unchanged')
  expect(issuer).toBe(claims.iss)
})

/** The services by address, each behind a front. */
async function openFronts(
  faults: Parameters<typeof openFront>[1] = {},
  faulty: 'fulcio' | 'rekor' | 'none' = 'none',
  version: 1 | 2 = 2,
) {
  const { fulcio, timestampAuthorities, trustedRoot, ...logs } = sigstore()
  const rekor = logs[`rekor${version}`]
  const timestamps = `${timestampAuthorities[0]}/api/v1/timestamp`
  const fronts = {
    fulcio: await openFront(fulcio, faulty === 'fulcio' ? faults : {}),
    rekor: await openFront(rekor, faulty === 'rekor' ? faults : {}),
    timestamps: await openFront(timestamps),
  } satisfies Record<string, ServiceFront>
  const services = {
    '--fulcio-url': fronts.fulcio.through(fulcio),
    '--rekor-url': fronts.rekor.through(rekor),
    '--rekor-version': String(version),
    '--timestamp-server-url': fronts.timestamps.through(timestamps),
    '--trusted-root': trustedRoot,
  }
  const flags = ['--keyless', '--yes', ...Object.entries(services).flat()]
  const seen = (): readonly number[] =>
    [fronts.fulcio, fronts.rekor, fronts.timestamps].map((one) => one.seen.length)
  return { flags, seen, fronts }
}

test('signature and attestation in one push: Fulcio is asked once, log and timestamp authority twice', async () => {
  const { flags, seen } = await openFronts()
  await push('referrers', '--identity-token', await writeToken('alice'), ...flags)
  expect(seen()).toEqual([1, 2, 2])
})

test.each([1, 2] as const)('a lost answer of Rekor %i does not cost the run', async (version) => {
  const { flags, seen } = await openFronts({ lost: 1 }, 'rekor', version)
  const { pinned } = await push('referrers', '--identity-token', await writeToken('alice'), ...flags)
  await expectSignedBy(pinned, ALICE)
  // The lost one, its repetition (which Rekor 2 refuses, so that it takes a new signature), and the attestation.
  expect(seen()[1]).toBeGreaterThanOrEqual(version + 2)
})

test('Fulcio with 503 and Retry-After is asked again', async () => {
  const { flags, seen } = await openFronts({ unavailable: 2 }, 'fulcio')
  const { pinned } = await push('referrers', '--identity-token', await writeToken('alice'), ...flags)
  await expectSignedBy(pinned, ALICE)
  expect(seen()[0]).toBe(3)
})

describe('an upload that outlasts the token', () => {
  /** Of the client `short-lived`, and a second more, in milliseconds. */
  const TOKEN_LIFE = 6000

  /** Pushes a large module through a valve that holds it back until the token has expired. */
  async function pushSlowly(flags: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const { host } = enter('distribution')
    const valve = await openValve(host, 'to registry', 1024 * 1024)
    storeCredentials(bench.home, valve.host, 'alice', 'alice-password')
    const name = freshName()
    await writeModule(bench, 'slow.wasm', largeModule(4 * 1024 * 1024))
    const child = startWasmpack(
      bench.home,
      ['push', `${valve.host}/${name}:1`, 'slow.wasm', ...flags, ...withServices('rekor2')],
      { env },
    )
    await valve.shut
    const begun = Date.now()
    await until(() => Date.now() > begun + TOKEN_LIFE)
    valve.reopen()
    const run = await child.ended
    await valve.close()
    return { run, tagged: `${host}/${name}:1` }
  }

  test('from a file: exit 7, and no tag is written', async () => {
    const token = await writeToken('alice', 'short-lived')
    const { run, tagged } = await pushSlowly(['--keyless', '--identity-token', token])
    expect(run, transcript(run)).toMatchObject({ exit: 7 })
    expect(run.stderr).toContain('has expired')
    expect((await bench.attempt(['resolve', tagged])).exit).toBe(6)
  })

  test('from a token service: signed with a new one', async () => {
    const { issuer } = sigstore()
    const service = await serve(async (_, response) => {
      response.end(JSON.stringify({ value: await fetchToken(issuer, 'alice', 'short-lived') }))
    })
    const env = {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${service.origin}/token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'runner-secret',
    }
    const { run, tagged } = await pushSlowly(['--keyless'], env)
    expect(run, transcript(run)).toMatchObject({ exit: 0 })
    await expectSignedBy(tagged, ALICE)
    expect(service.seen.map(({ url }) => url)).toEqual(
      Array(2).fill('/token?api-version=2.0&audience=sigstore'),
    )
  })
})

test('tokens that Fulcio would refuse are refused before anything is written', async () => {
  for (const [user, client, found] of [
    ['unverified', 'sigstore', 'has not verified'],
    ['alice', 'elsewhere', 'is meant for'],
  ] as const) {
    await writeModule(bench, 'refused.wasm')
    const token = await writeToken(user, client)
    const flags = ['--keyless', '--identity-token', token, ...withServices('rekor2')]
    const tagged = `${enter('referrers').host}/${freshName()}:1`
    const run = await bench.attempt(['push', tagged, 'refused.wasm', ...flags])
    expect(run, transcript(run)).toMatchObject({ exit: 7, stderr: expect.stringContaining(found) })
    expect(run.stderr).not.toContain(bench.read(token).toString().trim())
    expect((await bench.attempt(['resolve', tagged])).exit).toBe(6)
  }
})

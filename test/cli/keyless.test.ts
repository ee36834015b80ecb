import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it, onTestFinished } from 'vitest'

import { type Run, transcript } from '../support/child.ts'
import { type CliOptions, createHome, type Home, runWasmpack } from '../support/cli.ts'
import { readFixture, fixtureCapabilities } from '../support/fixtures.ts'
import {
  startProvider,
  type ImitatedProvider,
  type ProviderSwitches,
} from '../support/sigstore/oidc-provider.ts'
import { type ImitatedSigstore, startImitatedSigstore } from '../support/sigstore/sigstore.ts'
import { goodClaims, makeToken } from '../support/sigstore/tokens.ts'

const TOKEN = makeToken(goodClaims('https://keycloak.example.com/realms/wasm'))
const SECRET = 'client-secret-canary'

interface Scene {
  readonly home: Home
  readonly sigstore: ImitatedSigstore
  readonly provider: ImitatedProvider
  /** Pushes to a layout, signed as an identity by the imitated services. */
  push(flags: readonly string[], options?: CliOptions): Promise<Run>
}

async function openScene(switches: ProviderSwitches = {}): Promise<Scene> {
  const home = createHome()
  onTestFinished(() => home.dispose())
  const sigstore = await startImitatedSigstore()
  const provider = await startProvider(switches)
  const write = (name: string, content: string | Uint8Array): void =>
    writeFileSync(join(home.work, name), content)
  write('app.wasm', readFixture('as-hello'))
  write('app.capabilities.yaml', fixtureCapabilities('as-hello')!)
  write('token', `${TOKEN}\n`)
  write('secret', `${SECRET}\n`)
  const services = ['--fulcio-url', sigstore.fulcio.origin, '--timestamp-server-url', sigstore.timestampUrl]
  const push = ['push', 'oci-layout:./oci:1', 'app.wasm', '--keyless', ...services]
  return {
    home,
    sigstore,
    provider,
    push: (flags, options) => runWasmpack(home, [...push, ...flags], options),
  }
}

const requestsOf = ({ sigstore, provider }: Scene): number =>
  [sigstore.fulcio, sigstore.timestamps, provider].reduce((sum, { seen }) => sum + seen.length, 0)

it('push --keyless signs with a token from a file, from stdin and from the environment', async () => {
  for (const [flags, options] of [
    [['--identity-token', 'token'], {}],
    [['--identity-token', '-'], { stdin: `${TOKEN}\n` }],
    [[], { env: { SIGSTORE_ID_TOKEN: TOKEN } }],
  ] as const) {
    const scene = await openScene()
    const run = await scene.push([...flags, '--yes', '--format', 'json'], options)
    expect(run.exit, transcript(run)).toBe(0)
    expect(JSON.parse(run.stdout)).toMatchObject({ signed: true, signature: { written: true } })
    expect(scene.sigstore.fulcio.seen).toHaveLength(1)
  }
})

describe('what is refused before anything is sent', () => {
  it.each<[string, readonly string[], string, CliOptions?]>([
    ['no confirmation, and no terminal', ['--identity-token', 'token'], 'not confirmed'],
    [
      'a token in place of its file',
      ['--identity-token', TOKEN, '--yes'],
      'it is a token, and expected is a file',
    ],
    ['a key beside an identity', ['--key', 'cosign.key', '--identity-token', 'token'], '--key and --keyless'],
    [
      'two secrets on stdin',
      ['--identity-token', '-', '--password-stdin', '-u', 'a'],
      'cannot be used together',
    ],
    [
      'the token and the capability manifest on stdin',
      ['--identity-token', '-', '-c', '-', '--yes'],
      'cannot be used together',
      { stdin: fixtureCapabilities('as-hello')! },
    ],
    [
      'a token beside a sign-in',
      ['--identity-token', 'token', '--oidc-flow', 'device'],
      'cannot be used together',
    ],
    ['a secret without a sign-in', ['--oidc-client-secret-file', 'secret'], 'requires --oidc-flow'],
    [
      'client credentials without a secret',
      ['--oidc-flow', 'client-credentials'],
      'requires --oidc-client-secret-file',
    ],
    ['an unknown flow', ['--oidc-flow', 'password'], 'expected client-credentials, device, browser'],
    ['a sign-in without an issuer', ['--oidc-flow', 'device', '--yes'], '--oidc-flow needs --oidc-issuer'],
    ['a log of Rekor 3', ['--rekor-version', '3'], 'expected 1 or 2'],
    [
      'a file beside named services',
      ['--signing-config', 'sc.json', '--identity-token', 'token'],
      'cannot be used together',
    ],
  ])('%s: exit 2', async (_, flags, message, options = { stdin: TOKEN }) => {
    const scene = await openScene()
    const run = await scene.push(flags, options)
    expect(run, transcript(run)).toMatchObject({
      exit: 2,
      stdout: '',
      stderr: expect.stringContaining(message),
    })
    expect(run.stderr).not.toContain(TOKEN)
    expect(requestsOf(scene)).toBe(0)
  })

  it.each<[string, readonly string[], number]>([
    ['services that nobody signs with', ['--signing-config', 'sc.json'], 2],
    ['a token that nobody signs with', ['--identity-token', 'token'], 2],
  ])('%s: exit %i', async (_, flags, exit) => {
    const { home } = await openScene()
    const run = await runWasmpack(home, ['push', 'oci-layout:./oci:1', 'app.wasm', ...flags])
    expect(run).toMatchObject({ exit, stderr: expect.stringContaining('requires --key or --keyless') })
  })

  it('no token at all: exit 7', async () => {
    const scene = await openScene()
    expect(await scene.push(['--yes'])).toMatchObject({
      exit: 7,
      stderr: expect.stringContaining('no identity token'),
    })
    expect(requestsOf(scene)).toBe(0)
  })
})

it('a certificate that nobody could date is not asked for: exit 2', async () => {
  const { home, sigstore } = await openScene()
  const services = [
    '--fulcio-url',
    sigstore.fulcio.origin,
    '--rekor-url',
    sigstore.rekor2.origin,
    '--rekor-version',
    '2',
  ]
  const push = ['push', 'oci-layout:./oci:1', 'app.wasm', '--keyless', '--yes', '--identity-token', 'token']
  const run = await runWasmpack(home, [...push, ...services])
  expect(run, transcript(run)).toMatchObject({
    exit: 2,
    stderr: expect.stringContaining('timestamp authority'),
  })
  expect(sigstore.fulcio.seen).toHaveLength(0)
})

it('the confirmation says who and what is recorded where, and that it stays', async () => {
  const { sigstore, push } = await openScene()
  const { host } = new URL(sigstore.fulcio.origin)
  const run = await push(['--identity-token', 'token'])
  expect(run, transcript(run)).toMatchObject({ exit: 2 })
  expect(run.stderr).toContain(
    'record the identity alice@example.com (issuer https://keycloak.example.com/realms/wasm), the signature and the digest ' +
      `in the logs of ${host}? Nobody can delete them; in a public log, everybody can read them.`,
  )
  expect(run.stderr).toContain('hint: pass --yes to confirm')
})

describe('no secret is in any output, with --debug and --format json', () => {
  const LOUD = ['--debug', '--yes', '--format', 'json']

  it.each<[string, ProviderSwitches, number]>([
    ['that succeeds', {}, 0],
    ['that the provider refuses', { answers: ['invalid_client'] }, 7],
    ['whose token is meant for another', { claims: { aud: 'account' } }, 7],
    ['whose token has expired', { tokenLives: [-1] }, 7],
  ])('a sign-in %s', async (_, switches, exit) => {
    const { provider, push } = await openScene(switches)
    const client = ['--oidc-client-id', 'ci', '--oidc-client-secret-file', 'secret']
    const run = await push([
      ...LOUD,
      '--oidc-flow',
      'client-credentials',
      '--oidc-issuer',
      provider.issuer,
      ...client,
    ])
    expect(run.exit, transcript(run)).toBe(exit)
    expect(provider.forms).toHaveLength(1)
    expectSilence(run, [SECRET, Buffer.from(`ci:${SECRET}`).toString('base64')])
  })

  it.each<[string, Readonly<Record<string, string>>]>([
    ['a file', {}],
    ['the environment', { SIGSTORE_ID_TOKEN: TOKEN }],
  ])('a token of %s', async (_, env) => {
    const { push } = await openScene()
    const run = await push(
      [...LOUD, ...(Object.keys(env).length === 0 ? ['--identity-token', 'token'] : [])],
      { env },
    )
    expect(run.exit, transcript(run)).toBe(0)
    expectSilence(run, [])
  })
})

/** Neither tokens nor their signatures nor any of the secrets. */
function expectSilence({ stdout, stderr }: Run, secrets: readonly string[]): void {
  const output = stdout + stderr
  const signature = TOKEN.split('.')[2]!
  for (const secret of [TOKEN, signature, 'runner-secret', ...secrets]) expect(output).not.toContain(secret)
  expect(output).not.toMatch(/eyJ[\w-]{20}/)
}

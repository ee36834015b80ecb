import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { describe, expect, test } from 'vitest'

import { Browser } from '../stack/sigstore/browser.ts'
import { CI_CLIENT, fetchToken, passwordOf } from '../stack/sigstore/oidc.ts'
import { type Run, startChild, transcript } from '../support/child.ts'
import { startWasmpack } from '../support/cli.ts'
import { type SeenProcess, watchProcesses } from '../support/process-watch.ts'
import { generateKeyPair, writeModule } from './artifacts.ts'
import { useSigstore } from './sigstore.ts'
import { KEY_PASSWORD, useWorkbench } from './workbench.ts'

// No secret is seen in what wasmpack prints, in the files that it writes, or in what `ps` shows of it and of the programs that it starts.
// The secrets that only servers know are taken from the wire.

const sigstore = useSigstore()
const bench = useWorkbench()

const WIRE_LOG = fileURLToPath(new URL('../support/wire-log.cjs', import.meta.url))
/** Variables of other programs, which no program of ours may get. */
const STRANGERS = {
  SIGSTORE_ID_TOKEN: 'canary-of-sigstore-id-token',
  REGISTRY_PASSWORD: 'canary-of-registry-password',
  AN_API_TOKEN: 'canary-of-another-program',
}
const CREDENTIALS = ['password', 'client_secret', 'device_code', 'code', 'code_verifier', 'token', 'id_token']
const NAMES = [...CREDENTIALS, 'access_token', 'refresh_token', 'oidcIdentityToken'].join('|')

/** The secrets in what was sent and received, by the name of their field. */
function listSecrets(wire: string): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>()
  const add = (name: string, value: string): void => {
    if (value.length >= 8) found.set(name, (found.get(name) ?? new Set()).add(value))
  }
  for (const [, name, value] of wire.matchAll(new RegExp(`"(${NAMES})"\\s*:\\s*"([^"]+)"`, 'g')))
    add(name!, value!)
  for (const [, name, value] of wire.matchAll(new RegExp(`(?:^|&)(${NAMES})=([^&\\s]+)`, 'gm')))
    add(name!, decodeURIComponent(value!.replaceAll('+', ' ')))
  for (const [, scheme, value] of wire.matchAll(/^authorization: (\w+) (.+)$/gm)) {
    add(scheme!, value!)
    if (scheme === 'Basic') add('password', Buffer.from(value!, 'base64').toString().replace(/^.*?:/, ''))
  }
  return found
}

/** The ways in which a secret may be written. Of a token, each part that only its holder has. */
function listForms(secret: string): readonly string[] {
  const parts = secret.split('.').length === 3 ? secret.split('.').slice(1) : [secret]
  return parts.flatMap((part) => [
    part,
    encodeURIComponent(part),
    Buffer.from(part).toString('base64').replace(/=+$/, ''),
    Buffer.from(part).toString('hex'),
  ])
}

const isIn = (text: string, secrets: Iterable<string>): boolean =>
  [...secrets].some((secret) => listForms(secret).some((form) => text.includes(form)))

/** The files below a directory that hold a secret, apart from those that the test wrote. */
function findFiles(secrets: Iterable<string>, written: readonly string[]): readonly string[] {
  return readdirSync(bench.home.directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => !written.some((name) => path.endsWith(name)))
    .map((path) => join(bench.home.directory, path))
    .filter((path) => statSync(path).isFile() && isIn(readFileSync(path, 'latin1'), secrets))
}

interface Watched {
  readonly run: Run
  readonly processes: readonly SeenProcess[]
  readonly secrets: ReadonlyMap<string, ReadonlySet<string>>
}

interface Watching {
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string
  /** Called with what was printed on stderr until then, until it returns true. */
  readonly answer?: (said: string) => boolean
}

/** Runs wasmpack with debug lines and JSON, its wire and its processes watched. */
async function watch(args: readonly string[], { env, stdin, answer }: Watching = {}): Promise<Watched> {
  const log = bench.path('wire.log')
  writeFileSync(log, '')
  const child = startWasmpack(bench.home, [...args, '--debug', '--format', 'json'], {
    env: {
      ...STRANGERS,
      NODE_OPTIONS: `--require ${WIRE_LOG}`,
      WIRE_LOG: log,
      PATH: [bench.home.work, bench.home.env['PATH']].join(delimiter),
      COSIGN_PASSWORD: KEY_PASSWORD,
      ...env,
    },
    ...(stdin !== undefined && { stdin }),
  })
  const watching = watchProcesses(child.process.pid!)
  let said = ''
  let answered = answer === undefined
  child.process.stderr!.on('data', (chunk: Buffer) => {
    said += chunk.toString()
    if (!answered) answered = answer!(said)
  })
  const run = await child.ended
  return { run, processes: await watching.stop(), secrets: listSecrets(readFileSync(log, 'utf8')) }
}

/** Nothing of what `watched` knows, nor of `given`, is seen anywhere; `names` are the secrets that must have been on the wire. */
function expectSilence(
  { run, processes, secrets }: Watched,
  names: readonly string[],
  given: readonly string[],
  written: readonly string[] = [],
): void {
  expect([...secrets.keys()], transcript(run)).toEqual(expect.arrayContaining([...names]))
  const all = new Set(given)
  for (const found of secrets.values()) for (const secret of found) all.add(secret)
  expect(isIn(`${run.stdout}\n${run.stderr}`, all), transcript(run)).toBe(false)
  const [own] = processes
  expect(own?.commandLine).toContain('wasmpack.cjs')
  expect(processes.filter(({ commandLine }) => isIn(commandLine, all))).toEqual([])
  // A process that was started and not yet executed is still a copy of wasmpack.
  const others = processes.filter(({ commandLine }) => commandLine !== own?.commandLine)
  const foreign = [...all, ...Object.values(STRANGERS), KEY_PASSWORD]
  expect(others.filter(({ environment }) => isIn(environment, foreign))).toEqual([])
  expect(findFiles(all, [...written, 'wire.log', 'config.json', 'helper-secret'])).toEqual([])
}

/** A program in the working directory that lingers, so that it is seen. */
function writeProgram(name: string, script: string): void {
  writeFileSync(bench.path(name), `#!/bin/sh\n${script}\nsleep 0.5\n`)
  chmodSync(bench.path(name), 0o755)
}

/** The registry, whose password a credential helper gives. */
function enter(): string {
  const { host, credentials } = sigstore().registries.find(({ name }) => name === 'referrers')!
  bench.write(
    'helper-secret',
    JSON.stringify({ ServerURL: host, Username: credentials.username, Secret: credentials.password }),
  )
  writeProgram('docker-credential-lingering', `cat ${bench.path('helper-secret')}`)
  const config = { credHelpers: { [host]: 'lingering' } }
  writeFileSync(join(bench.home.dockerConfig, 'config.json'), JSON.stringify(config))
  return host
}

let count = 0
async function listPush(...flags: readonly string[]): Promise<readonly string[]> {
  await writeModule(bench, 'app.wasm')
  return ['push', `${enter()}/canaries/${process.pid}-${++count}:1`, 'app.wasm', ...flags]
}

const keyless = (...flags: readonly string[]): readonly string[] => [
  '--keyless',
  '--signing-config',
  sigstore().signingConfigs.rekor2,
  '--trusted-root',
  sigstore().trustedRoot,
  '--yes',
  ...flags,
]

const flow = (name: string, ...flags: readonly string[]): readonly string[] =>
  keyless('--oidc-issuer', sigstore().issuer, '--oidc-flow', name, ...flags)

const ON_THE_WIRE = ['Basic', 'Bearer', 'password', 'oidcIdentityToken']

const isHelper = ({ commandLine }: SeenProcess): boolean =>
  commandLine.includes('docker-credential-lingering')

test('the watch sees a secret in the arguments and in the environment of a program', async () => {
  const script = 'sh -c "sleep 0.5" planted-argument; true'
  const child = startChild('sh', ['-c', script], {
    env: { PLANTED: 'planted-variable', PATH: '/usr/bin:/bin' },
  })
  const watching = watchProcesses(child.process.pid!)
  await child.ended
  const seen = await watching.stop()
  expect(seen.filter(({ commandLine }) => isIn(commandLine, ['planted-argument'])).length).toBeGreaterThan(1)
  expect(seen.filter(({ environment }) => isIn(environment, ['planted-variable'])).length).toBeGreaterThan(1)
})

describe('no secret is seen', () => {
  test.each(['file', 'stdin', 'variable'] as const)('of a token from a %s', async (from) => {
    const token = await fetchToken(sigstore().issuer, 'alice')
    bench.write('token', token)
    const flags = { file: ['--identity-token', 'token'], stdin: ['--identity-token', '-'], variable: [] }[
      from
    ]
    const watched = await watch(await listPush(...keyless(...flags)), {
      ...(from === 'stdin' && { stdin: token }),
      ...(from === 'variable' && { env: { SIGSTORE_ID_TOKEN: token } }),
    })
    expect(watched.run.exit, transcript(watched.run)).toBe(0)
    expect(watched.processes.filter(isHelper)).not.toEqual([])
    expectSilence(watched, ON_THE_WIRE, [token], ['token'])
  })

  test('of a token that is refused', async () => {
    const token = await fetchToken(sigstore().issuer, 'alice', 'elsewhere')
    bench.write('token', token)
    const watched = await watch(await listPush(...keyless('--identity-token', 'token')))
    expect(watched.run.exit, transcript(watched.run)).toBe(7)
    expectSilence(watched, [], [token], ['token'])
  })

  test.each([
    ['right', CI_CLIENT.secret, 0],
    ['wrong', 'wrong-canary-of-client', 7],
  ])('of a client with the %s secret', async (_, secret, exit) => {
    bench.write('secret', `${secret}\n`)
    const client = ['--oidc-client-id', CI_CLIENT.id, '--oidc-client-secret-file', 'secret']
    const watched = await watch(await listPush(...flow('client-credentials', ...client)))
    expect(watched.run.exit, transcript(watched.run)).toBe(exit)
    expectSilence(watched, exit === 0 ? ON_THE_WIRE : ['Basic'], [secret], ['secret'])
  })

  test('of a device', async () => {
    const watched = await watch(await listPush(...flow('device')), {
      answer: (said) => {
        const page = /open (http[^\s"\\]+) and enter/.exec(said)?.[1]
        if (page !== undefined) void new Browser().decideOnDevice(page, 'bob')
        return page !== undefined
      },
    })
    expect(watched.run.exit, transcript(watched.run)).toBe(0)
    expectSilence(watched, [...ON_THE_WIRE, 'device_code', 'id_token'], [passwordOf('bob')])
  })

  test('of a browser', async () => {
    writeProgram('open-page', '')
    const watched = await watch(await listPush(...flow('browser')), {
      env: { BROWSER: bench.path('open-page') },
      answer: (said) => {
        const page = /(http[^\s"\\]+protocol\/openid-connect\/auth\?[^\s"\\]+)/.exec(said)?.[1]
        if (page !== undefined) void new Browser().signIn(page, 'alice')
        return page !== undefined
      },
    })
    expect(watched.run.exit, transcript(watched.run)).toBe(0)
    expect(watched.processes.some(({ commandLine }) => commandLine.includes('open-page'))).toBe(true)
    expectSilence(watched, [...ON_THE_WIRE, 'code', 'code_verifier', 'id_token'], [])
  })

  test.each([
    ['right', KEY_PASSWORD, 0],
    ['wrong', 'wrong-canary-of-key', 7],
  ])('of a key with the %s password', async (_, password, exit) => {
    if (!bench.exists('canary.key')) await generateKeyPair(bench, 'canary')
    const env = { COSIGN_PASSWORD: password }
    const watched = await watch(await listPush('--key', 'canary.key'), { env })
    expect(watched.run.exit, transcript(watched.run)).toBe(exit)
    expectSilence(watched, exit === 0 ? ['Basic', 'Bearer', 'password'] : [], [password])
  })

  test('by the processes that a module is measured in', async () => {
    const pushed = await watch(await listPush())
    const { url } = JSON.parse(pushed.run.stdout) as { readonly url: string }
    const watched = await watch(['inspect', url, '--cold-start'])
    expect(watched.run.exit, transcript(watched.run)).toBe(0)
    expectSilence(watched, ['Basic', 'Bearer', 'password'], [])
  })
})

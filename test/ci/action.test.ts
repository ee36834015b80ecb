import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { Ajv } from 'ajv'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'

import { GithubRunner, type StepsResult } from '../support/ci/github-runner.ts'
import { useRelease } from '../support/ci/release.ts'
import { createHome, type Home, runWasmpack } from '../support/cli.ts'
import { fixtureCapabilities, readFixture } from '../support/fixtures.ts'
import { startRegistry } from '../support/registry/registry.ts'
import { serve } from '../support/serve.ts'
import { startImitatedSigstore } from '../support/sigstore/sigstore.ts'
import { goodClaims, makeToken } from '../support/sigstore/tokens.ts'
import { coreImport, coreImports, func, module, types } from '../support/wasm-builder.ts'

const ROOT = join(import.meta.dirname, '../..')
const ACTION = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8')) as {
  readonly inputs: Readonly<Record<string, object>>
  readonly runs: {
    readonly steps: readonly { readonly run: string; readonly env: Readonly<Record<string, string>> }[]
  }
}
const release = useRelease()

interface Scene {
  readonly home: Home
  readonly path: (name: string) => string
  act(inputs: Readonly<Record<string, string>>, env?: Readonly<Record<string, string>>): Promise<StepsResult>
}

/** A job with a module and its capability manifest in the workspace. */
function openScene(fixture = 'as-hello'): Scene {
  const home = createHome()
  onTestFinished(() => home.dispose())
  const path = (name: string): string => join(home.work, name)
  writeFileSync(path('app.wasm'), readFixture(fixture))
  writeFileSync(path('app.capabilities.yaml'), fixtureCapabilities('as-hello')!)
  return {
    home,
    path,
    act: (inputs, env = {}) =>
      new GithubRunner({
        workspace: home.work,
        directory: join(home.directory, 'runner'),
        env: { ...home.env, ...env },
      }).runAction(ROOT, { 'release-file': release().package, module: 'app.wasm', ...inputs }),
  }
}

const logOf = ({ steps }: StepsResult): string => steps.map(({ log }) => log).join('')
const outcomesOf = ({ steps }: StepsResult): readonly string[] => steps.map(({ outcome }) => outcome)

describe('action.yml', () => {
  test("is valid by GitHub's schema of action metadata", () => {
    const schema = JSON.parse(
      readFileSync(join(ROOT, 'test/schemas/check-jsonschema-0.39.0/github-actions.json'), 'utf8'),
    ) as object
    const accepts = new Ajv({ strict: false }).compile(schema)
    accepts(ACTION)
    expect(accepts.errors ?? []).toEqual([])
  })

  test('no script holds an expression, and every input reaches a step', () => {
    for (const { run } of ACTION.runs.steps) expect(run).not.toContain('${{')
    const read = JSON.stringify(ACTION.runs.steps.map(({ env }) => env))
    for (const name of Object.keys(ACTION.inputs)) expect(read).toContain(`\${{ inputs.${name} }}`)
  })
})

describe('installing', () => {
  test.each(['package', 'executable', 'archive'] as const)('the release file %s', async (kind) => {
    const result = await openScene().act({ 'release-file': release()[kind], version: '0.1.0' })
    expect(outcomesOf(result), logOf(result)).toEqual(['success', 'success', 'skipped', 'skipped'])
    expect(result.steps[0]!.log).toContain('wasmpack   0.1.0')
  })

  test('a release file with its SHA-256, and with another one', async () => {
    const sum = createHash('sha256').update(readFileSync(release().package)).digest('hex')
    expect(await openScene().act({ 'release-sha256': sum })).toMatchObject({ outcome: 'success' })
    const refused = await openScene().act({
      'release-sha256': sum.replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
    })
    expect(outcomesOf(refused)).toEqual(['failure', 'skipped', 'skipped', 'skipped'])
    expect(refused.commands).toEqual([
      { name: 'error', text: expect.stringContaining(`has the SHA-256 ${sum}`) },
    ])
  })

  test.each([
    ['another version', { version: '9.9.9' }, 'expected is 9.9.9'],
    ['no such file', { 'release-file': 'none.tgz' }, 'release-file none.tgz is no file'],
    ['a file without wasmpack', { 'release-file': 'empty.tgz' }, 'no wasmpack in the release file'],
    ['neither a file nor a program', { 'release-file': '' }, 'wasmpack is not on the PATH'],
    [
      'a sum without a file',
      { 'release-file': '', 'release-sha256': 'ab' },
      'release-sha256 needs release-file',
    ],
  ])('%s ends the job', async (_, inputs, message) => {
    const scene = openScene()
    writeFileSync(
      scene.path('empty.tgz'),
      Buffer.from('H4sIAAAAAAAAA+3BAQ0AAADCoPdPbQ43oAAAAAAAAAAAAIA3A5reHScAKAAA', 'base64'),
    )
    const result = await scene.act(inputs, { PATH: '/usr/bin:/bin' })
    expect(outcomesOf(result)).toEqual(['failure', 'skipped', 'skipped', 'skipped'])
    expect(result.commands).toEqual([{ name: 'error', text: expect.stringContaining(message) }])
  })
})

test('validate, compare, sign as the identity of the job, and publish', async () => {
  const scene = openScene()
  const registry = await startRegistry()
  onTestFinished(() => registry.close())
  const sigstore = await startImitatedSigstore()
  const token = makeToken(goodClaims('https://token.actions.githubusercontent.com'))
  const tokens = await serve(
    (request, response) =>
      void response.end(
        request.headers.authorization === 'Bearer runner-secret' ? JSON.stringify({ value: token }) : '{}',
      ),
  )
  const reference = `${registry.host}/team/app:1.0.0`
  const inputs = {
    reference,
    sign: 'keyless',
    'compare-with': `${registry.host}/team/app:stable`,
    'compare-optional': 'true',
    'push-flags': `--fulcio-url=${sigstore.fulcio.origin}\n--timestamp-server-url=${sigstore.timestampUrl}\n`,
  }
  const result = await scene.act(inputs, {
    ACTIONS_ID_TOKEN_REQUEST_URL: `${tokens.origin}/token?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'runner-secret',
  })
  expect(outcomesOf(result), logOf(result)).toEqual(['success', 'success', 'success', 'success'])
  expect(tokens.seen).toMatchObject([{ url: '/token?api-version=2.0&audience=sigstore' }])
  expect(sigstore.fulcio.seen).toHaveLength(1)
  const { digest, reference: pinned, sarif } = result.outputs
  expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/)
  expect(pinned).toBe(`${registry.host}/team/app@${digest}`)
  expect(JSON.parse(readFileSync(scene.path(sarif!), 'utf8'))).toMatchObject({ version: '2.1.0' })
  expect(result.commands).toEqual([{ name: 'notice', text: 'there is nothing to compare with yet' }])
  const found = await runWasmpack(scene.home, ['discover', pinned!, '--format', 'json'])
  expect(JSON.parse(found.stdout)).toMatchObject({
    referrers: [{ kind: 'signature' }, { kind: 'attestation' }],
  })
  for (const secret of [token, 'runner-secret']) expect(logOf(result)).not.toContain(secret)

  // The next version: the comparison is the summary of the job.
  writeFileSync(scene.path('app.wasm'), readFixture('rust-hello'))
  writeFileSync(scene.path('app.capabilities.yaml'), fixtureCapabilities('rust-hello')!)
  const next = await scene.act({ 'compare-with': reference, reference, push: 'false', sign: 'keyless' })
  expect(outcomesOf(next), logOf(next)).toEqual(['success', 'success', 'success', 'success'])
  expect(next.summary).toMatch(/^#+ /m)
  expect(next.summary).toContain('environment')
  expect(next.outputs['digest']).not.toBe(digest)
})

test('with a key, and with the password of the registry', async () => {
  const scene = openScene()
  const registry = await startRegistry({
    auth: { kind: 'basic', username: 'ci', password: 'registry-secret' },
  })
  onTestFinished(() => registry.close())
  const keys = ['generate-key-pair', '--output-key-prefix', scene.path('cosign')]
  await runWasmpack(scene.home, keys, { env: { COSIGN_PASSWORD: 'key-secret' } })
  const inputs = {
    reference: `${registry.host}/team/app:1`,
    sign: 'key',
    key: 'cosign.key',
    'key-password': 'key-secret',
  }
  const result = await scene.act({
    ...inputs,
    'registry-username': 'ci',
    'registry-password': 'registry-secret',
  })
  expect(result.outcome, logOf(result)).toBe('success')
  for (const secret of ['registry-secret', 'key-secret']) expect(logOf(result)).not.toContain(secret)
  const verify = [
    'verify',
    result.outputs['reference']!,
    '--key',
    scene.path('cosign.pub'),
    '-u',
    'ci',
    '--password-stdin',
  ]
  expect(await runWasmpack(scene.home, verify, { stdin: 'registry-secret' })).toMatchObject({ exit: 0 })
})

test('a denied module is not published: the log for code scanning and the summary are written', async () => {
  const scene = openScene('as-plain')
  writeFileSync(scene.path('old.wasm'), readFixture('as-hello'))
  const result = await scene.act({
    'compare-with': 'old.wasm',
    'compare-flags': '--fail-on-added',
    reference: 'oci-layout:oci:1',
    sign: 'none',
  })
  expect(result.steps.map(({ outcome, exit }) => [outcome, exit])).toEqual([
    ['success', 0],
    ['failure', 3],
    ['failure', 3],
    ['skipped', undefined],
  ])
  expect(result.outputs).toEqual({ sarif: 'wasmpack.sarif', digest: '', reference: '' })
  expect(readFileSync(scene.path('wasmpack.sarif'), 'utf8')).toContain('unknown-import')
  expect(result.summary).toContain('env')
  expect(existsSync(scene.path('oci'))).toBe(false)
})

test.each([
  ['sign', { sign: '' }],
  ['sign', { sign: 'yes' }],
  ['key', { sign: 'key' }],
  ['push', { sign: 'none', push: 'perhaps' }],
])('a missing or unknown %s is told', async (name, inputs) => {
  const result = await openScene().act({ reference: 'oci-layout:oci:1', ...inputs })
  expect(outcomesOf(result)).toEqual(['success', 'success', 'skipped', 'failure'])
  expect(result.commands).toEqual([{ name: 'error', text: expect.stringContaining(name) }])
})

describe('what comes in is never run', () => {
  const BAIT = [
    '$(touch pwned) `touch pwned` "; touch pwned; " \'; touch pwned; \' ${{ github.token }} ${PATH}|touch pwned',
    '--help\ntouch pwned\r\ndigest=forged\n::add-path::/tmp/evil\n##[add-path]/tmp/evil',
  ]
  /** Writes its arguments down, one a line, and answers as wasmpack does. */
  const RECORDER = `#!/bin/bash
[ "$*" != --version ] || { echo 0.1.0; exit; }
for word in "$@"; do printf '%q\\n' "$word"; done >>"$0.log"
for word in "$@"; do case "$word" in --digest-file=*) echo sha256:0 >"\${word#*=}" ;; esac; done
echo "$1"
`

  test.each(Object.keys(ACTION.inputs))('the input %s', async (name) => {
    for (const bait of BAIT) {
      const scene = openScene()
      writeFileSync(scene.path('wasmpack'), RECORDER, { mode: 0o755 })
      const good = {
        reference: 'oci-layout:oci:1',
        sign: 'key',
        key: 'cosign.key',
        'compare-with': 'old.wasm',
      }
      const env = { PATH: `${scene.home.work}:${process.env['PATH']}` }
      const result = await scene.act({ 'release-file': '', ...good, [name]: bait }, env)
      const files = readdirSync(scene.home.work).filter((file) => !/^(?:app|wasmpack)/.test(file))
      // The log is where the input says, whatever it is called.
      expect(name === 'sarif-file' ? [] : files).toEqual([])
      expect(existsSync(scene.path('pwned'))).toBe(false)
      expect(result.commands.filter(({ name: command }) => command !== 'error')).toEqual([])
      expect(['', 'sha256:0']).toContain(result.outputs['digest'])
    }
  })

  test('an input is one argument, and a line of flags is one', async () => {
    const scene = openScene()
    writeFileSync(scene.path('wasmpack'), RECORDER, { mode: 0o755 })
    const env = { PATH: `${scene.home.work}:${process.env['PATH']}` }
    const inputs = {
      module: '-a b.wasm',
      target: '* $HOME',
      'validate-flags': '--policy=a b.yaml\n\n--strict\n',
    }
    const result = await scene.act({ 'release-file': '', ...inputs }, env)
    expect(outcomesOf(result), logOf(result)).toEqual(['success', 'success', 'skipped', 'skipped'])
    const words = [
      'validate',
      '--format=sarif',
      '--policy=a\\ b.yaml',
      '--strict',
      '--target=\\*\\ \\$HOME',
      '--',
      '-a\\ b.wasm',
    ]
    expect(readFileSync(scene.path('wasmpack.log'), 'utf8')).toBe(`version\n${words.join('\n')}\n`)
  })

  test('a name in a module is no command to the runner', async () => {
    const scene = openScene()
    const names = ['::add-path::/tmp/evil', '##[add-path]/tmp/evil', '##[set-output name=digest]x']
    const binary = module(
      types(func([])),
      coreImports(...names.map((text) => coreImport(text, '##[warning]x', 0, 0))),
    )
    writeFileSync(scene.path('app.wasm'), binary)
    const result = await scene.act({
      'compare-with': 'app.wasm',
      reference: 'oci-layout:oci:1',
      sign: 'none',
    })
    expect(logOf(result)).toContain('##[add-path]/tmp/evil')
    expect(result.commands).toEqual([])
    expect(outcomesOf(result)).toEqual(['success', 'failure', 'success', 'skipped'])
  })
})

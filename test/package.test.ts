import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { joinLicenceTexts } from '../scripts/licence-texts.mjs'
import { runChild, transcript } from './support/child.ts'
import { createHome } from './support/cli.ts'
import { fixtureCapabilities, readFixture } from './support/fixtures.ts'

const modules = JSON.parse(readFileSync('dist/modules.json', 'utf8')) as readonly string[]
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, unknown>
const files = readdirSync('dist', { recursive: true, encoding: 'utf8' }).filter((path) =>
  path.endsWith('.cjs'),
)

const bundled = new Set(
  modules.flatMap((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []),
)

test('the licence text of everything that is bundled ships with it, and of nothing else', () => {
  const sections = readFileSync('dist/THIRD-PARTY-LICENSES.txt', 'utf8').split(`\n${'-'.repeat(80)}\n\n`)
  const named = sections.map((section) => /^(\S+) \S+ \([^)]+\)\n\n\S/.exec(section)?.[1])
  expect(new Set(named)).toEqual(bundled)
  for (const section of sections) expect(section.length).toBeGreaterThan(200)
})

test('a package without a licence text is not bundled', () => {
  const root = mkdtempSync(join(tmpdir(), 'wasmpack-licence-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  for (const name of ['free', '@scope/bare']) {
    mkdirSync(join(root, 'node_modules', name), { recursive: true })
    writeFileSync(
      join(root, 'node_modules', name, 'package.json'),
      JSON.stringify({ name, version: '1.0.0', license: 'MIT' }),
    )
  }
  writeFileSync(join(root, 'node_modules/free/LICENSE'), 'Do what you like.\n')
  const module = (name: string): string => join(root, 'node_modules', name, 'lib/index.js')
  expect(joinLicenceTexts([module('free'), join(root, 'src/own.ts')])).toBe(
    'free 1.0.0 (MIT)\n\nDo what you like.\n',
  )
  expect(() => joinLicenceTexts([module('free'), module('@scope/bare')])).toThrow(
    '@scope/bare 1.0.0 has no licence text',
  )
})

test('the bundle needs nothing but Node', () => {
  const required = files.flatMap((path) =>
    [...readFileSync(join('dist', path), 'utf8').matchAll(/\brequire\((["'`])(.*?)\1\)/g)]
      .map((found) => found[2]!)
      .map((name) => (name.startsWith('.') ? relative('dist', join('dist', path, '..', name)) : name)),
  )
  expect(required.length).toBeGreaterThan(50)
  expect(required.filter((name) => !isBuiltin(name) && !files.includes(name))).toEqual([])
  expect(manifest['dependencies']).toBeUndefined()
  expect(manifest['optionalDependencies']).toBeUndefined()
})

test.each([
  ['--version', [/^cli\.cjs$/]],
  ['validate --help', [/^cli\.cjs$/, /^chunks\/common-/, /^chunks\/rolldown-runtime-/]],
  [
    'pull --help',
    [/^cli\.cjs$/, /^chunks\/common-/, /^chunks\/rolldown-runtime-/, /^chunks\/admit-/, /^chunks\/transfer-/],
  ],
])('wasmpack %s loads as few files as it can', async (line, expected) => {
  expect(await listLoaded(line.split(' '))).toEqual(expected.map((name) => expect.stringMatching(name)))
})

test('signing and verifying with a key in a layout loads nothing of Sigstore and no registry client', async () => {
  const home = createHome()
  onTestFinished(() => home.dispose())
  const env = { ...home.env, COSIGN_PASSWORD: 'password' }
  const at = (name: string): string => join(home.work, name)
  writeFileSync(at('app.wasm'), readFixture('as-hello'))
  writeFileSync(at('app.capabilities.yaml'), fixtureCapabilities('as-hello')!)
  await listLoaded(['generate-key-pair', '--output-key-prefix', at('cosign')], env)
  const reference = `oci-layout:${at('oci')}:1`
  const loaded = [
    ...(await listLoaded(['push', reference, at('app.wasm'), '--key', at('cosign.key')], env)),
    ...(await listLoaded(['verify', reference, '--key', at('cosign.pub')], env)),
  ]
  expect(loaded.filter((path) => /chunks\/layout-/.test(path))).not.toEqual([])
  const SIGSTORE = /chunks\/(?:open-signing|verification|open-tuf-repository|flow-source|signing-config)-/
  const CLIENT = /chunks\/(?:registry|secure-agents)-/
  expect(files.filter((path) => SIGSTORE.test(path))).toHaveLength(5)
  expect(loaded.filter((path) => SIGSTORE.test(path))).toEqual([])
  expect(files.filter((path) => CLIENT.test(path))).toHaveLength(2)
  expect(loaded.filter((path) => CLIENT.test(path))).toEqual([])
})

/** The files of the bundle that a run of wasmpack loads. */
async function listLoaded(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const script = `process.on('exit', () => console.error('\\n' + JSON.stringify(Object.keys(require.cache))))
    require('./bin/wasmpack.cjs')`
  const run = await runChild(process.execPath, ['-e', script, 'wasmpack', ...args], { env })
  expect(run.exit, transcript(run)).toBe(0)
  return (JSON.parse(run.stderr.trim().split('\n').at(-1)!) as readonly string[])
    .map((path) => relative('dist', path))
    .filter((path) => !path.startsWith('..'))
}

test('the package holds what is loaded only when it is needed', async () => {
  const run = await runChild('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    env: { PATH: process.env['PATH']!, HOME: process.env['HOME'] ?? '' },
  })
  const [packed] = JSON.parse(run.stdout) as [{ readonly files: readonly { readonly path: string }[] }]
  const paths = new Set(packed.files.map(({ path }) => path))
  const assets = readdirSync('assets', { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.includes('.'),
  )
  expect(assets.length).toBeGreaterThan(10)
  expect(assets.filter((path) => !paths.has(`assets/${path}`))).toEqual([])
})

test('the lock file names no download address', () => {
  expect(readFileSync('package-lock.json', 'utf8')).not.toMatch(/"resolved": *"https?:/)
})

import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { createBytesCursor } from '../src/wasm/binary/bytes-cursor.ts'
import { inspectBinary } from '../src/wasm/inspect-binary.ts'
import type { Inspection } from '../src/wasm/types/inspection.ts'
import {
  fixtureCapabilities,
  fixtureImports,
  fixtureNames,
  fixturePath,
  FIXTURES,
  listedFixtureNames,
  listImports,
  readFixture,
} from './support/fixtures.ts'
import { judgeFixture } from './support/judge-fixture.ts'

/** In bytes: what a clone of the repository has to carry in one file, and in fixtures/. */
const FILE_LIMIT = 300_000
const FIXTURES_LIMIT = 1_500_000

const ROOT = join(FIXTURES, '..')
/** The one large file: docs/architecture.md says why it is here. */
const WIT_PARSER = join(ROOT, 'assets/wasm-tools/wasm-tools.core.wasm')
const SOURCES = ['.go', '.zig', '.c', '.cpp', '.rs', '.ts', '.wat', '.wit']
/** Not kept, because it is too large even when compressed; the interoperability suite builds it afresh. */
const BUILT_AFRESH = ['go-hello']
/** Made of another fixture. */
const ADAPTED: Readonly<Record<string, string>> = {
  'c-hello-component': 'c-hello',
  'c-files-component': 'c-files',
  'hello-component': 'rust-hello',
  'files-component': 'cpp-files',
}

const programs = listedFixtureNames().filter((name) => !name.startsWith('edge/'))
const granted = fixtureNames().filter((name) => fixtureCapabilities(name) !== undefined)
const size = (path: string): number => statSync(path).size

const inspectFixture = (name: string): Promise<Inspection> =>
  inspectBinary(createBytesCursor(readFixture(name)))

test.each(fixtureNames())('inspect finds the listed imports of %s', async (name) => {
  expect(listImports(await inspectFixture(name))).toEqual(fixtureImports(name))
})

test.each(granted)(
  'evaluate allows %s by its capability manifest, every grant of which it needs',
  async (name) => {
    expect(judgeFixture(name, await inspectFixture(name))).toMatchObject({ allowed: true, findings: [] })
  },
)

test.each(granted)('evaluate denies %s by a capability manifest that grants nothing', async (name) => {
  const nothing =
    'apiVersion: wasmpack.dev/v1alpha1\nkind: CapabilityManifest\nmetadata: {name: none}\nspec: {grants: {}}\n'
  expect(judgeFixture(name, await inspectFixture(name), nothing).allowed).toBe(name === 'http-serve')
})

test('every module has its list, and every program its capability manifest and its source', () => {
  expect(listedFixtureNames()).toEqual([...fixtureNames(), ...BUILT_AFRESH].sort())
  expect(programs.filter((name) => fixtureCapabilities(name) === undefined)).toEqual([])
  const sourceless = listedFixtureNames().filter(
    (name) => !SOURCES.some((extension) => existsSync(fixturePath(ADAPTED[name] ?? name, extension))),
  )
  expect(sourceless).toEqual([])
})

test('the README has a row for every fixture, with its size', () => {
  const rows = readFileSync(join(FIXTURES, 'README.md'), 'utf8').split('\n')
  const missing = listedFixtureNames().filter((name) => {
    const row = rows.find((row) => row.startsWith(`| \`${name}\` |`))
    return (
      row === undefined || !(BUILT_AFRESH.includes(name) || row.includes(`| ${size(fixturePath(name))} |`))
    )
  })
  expect(missing).toEqual([])
})

test('the list of go-hello has one import twice', () => {
  const written = fixtureImports('go-hello').imports.filter(({ name }) => name === 'fd_write')
  expect(written).toHaveLength(2)
  expect(written[0]).toEqual(written[1])
})

test('edge/implements hides its interface behind two labels', async () => {
  const { imports } = listImports(await inspectFixture('edge/implements'))
  const store = { implements: 'wasi:keyvalue/store@0.2.0-draft', functions: ['open'] }
  expect(imports.slice(0, 2)).toMatchObject([
    { name: 'primary', externalId: 'users-db', ...store },
    { name: 'replica', ...store },
  ])
})

test('a clone stays small', (context) => {
  const below = readdirSync(FIXTURES, { recursive: true, encoding: 'utf8' }).map((file) =>
    join(FIXTURES, file),
  )
  const total = below.reduce((sum, file) => sum + (statSync(file).isFile() ? size(file) : 0), 0)
  expect(total).toBeLessThan(FIXTURES_LIMIT)
  if (!existsSync(join(ROOT, '.git'))) return context.skip('this is no clone')
  const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' }).split('\0')
  const files = [...tracked.filter((file) => file !== '').map((file) => join(ROOT, file)), ...below]
  expect(files.filter((file) => existsSync(file) && size(file) > FILE_LIMIT)).toEqual([WIT_PARSER])
  expect(size(WIT_PARSER)).toBeLessThan(2.5 * 2 ** 20)
})

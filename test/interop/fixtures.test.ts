import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { createBytesCursor } from '../../src/wasm/binary/bytes-cursor.ts'
import { inspectBinary } from '../../src/wasm/inspect-binary.ts'
import type { Inspection } from '../../src/wasm/types/inspection.ts'
import { runChild, transcript } from '../support/child.ts'
import {
  fixtureCapabilities,
  fixtureImports,
  fixtureNames,
  fixturePath,
  FIXTURES,
  formatImports,
  listImports,
  modulesBelow,
  readFixture,
} from '../support/fixtures.ts'
import { judgeFixture } from '../support/judge-fixture.ts'
import { importsByWasmTools } from './import-oracle.ts'
import { listingByNode } from './node-oracle.ts'
import { needsPeers } from './peer.ts'

needsPeers('wasm-tools')

/** What fixtures/build.sh exits with when a toolchain is missing. */
const UNAVAILABLE = 69

const BUILDS: readonly { readonly language: string; readonly names: readonly string[] }[] = [
  { language: 'Go', names: ['go-hello'] },
  { language: 'Zig', names: ['zig-hello'] },
  { language: 'C', names: ['c-hello', 'c-files'] },
  { language: 'C++', names: ['cpp-files', 'cpp-words'] },
  { language: 'Rust', names: ['rust-hello', 'rust-env', 'rust-custom'] },
  { language: 'AssemblyScript', names: ['as-hello', 'as-plain'] },
  {
    language: 'adapted components',
    names: ['c-hello-component', 'c-files-component', 'hello-component', 'files-component'],
  },
  { language: 'components of WIT and text', names: ['http-fetch', 'http-serve'] },
  { language: 'text', names: ['proxy-filter', 'edge'] },
]

/** V8 may know neither compact imports, nor 64-bit memories, nor tags, and validates what it reads. */
const BEYOND_NODE: ReadonlySet<string> = new Set([
  'edge/compact-imports',
  'edge/every-instruction',
  'edge/every-kind',
])
const readableByNode = fixtureNames().filter(
  (name) => fixtureImports(name).kind === 'module' && !BEYOND_NODE.has(name),
)

const inspectFile = (file: string): Promise<Inspection> =>
  inspectBinary(createBytesCursor(readFileSync(file)))

test.each(fixtureNames())('the list of %s is what wasm-tools finds', (name) => {
  const found = importsByWasmTools(fixturePath(name))
  if (process.env['BLESS']) writeFileSync(fixturePath(name, '.imports.json'), formatImports(found))
  expect(fixtureImports(name)).toEqual(found)
})

test.each(fixtureNames())('inspect finds in %s what wasm-tools finds', async (name) => {
  const file = fixturePath(name)
  expect(listImports(await inspectFile(file))).toEqual(importsByWasmTools(file))
})

test.each(readableByNode)('inspect finds in %s what Node finds', async (name) => {
  const { kind, imports } = listImports(await inspectFile(fixturePath(name)))
  expect(kind).toBe('module')
  expect(imports).toMatchObject(listingByNode(readFixture(name)).imports)
})

test.for(BUILDS)(
  'a fresh build of $language imports what is listed',
  { timeout: 400_000 },
  async (build, context) => {
    const output = mkdtempSync(join(tmpdir(), 'wasmpack-fixtures-'))
    context.onTestFinished(() => rmSync(output, { recursive: true, force: true }))
    const run = await runChild('bash', [join(FIXTURES, 'build.sh'), '-o', output, ...build.names], {
      env: process.env as Record<string, string>,
      timeout: 390_000,
    })
    if (run.exit === UNAVAILABLE && !process.env['CI']) {
      console.warn(`skipped: ${run.stderr.trim()}: run bash test/stack/toolchains.sh`)
      return context.skip('a toolchain is not installed')
    }
    expect(run.exit, transcript(run)).toBe(0)
    const names = modulesBelow(output)
    expect([...new Set(names.map((name) => name.split('/')[0]))]).toEqual([...build.names].sort())
    for (const name of names) {
      const file = join(output, `${name}.wasm`)
      const found = importsByWasmTools(file)
      if (process.env['BLESS']) writeFileSync(fixturePath(name, '.imports.json'), formatImports(found))
      expect(found, name).toEqual(fixtureImports(name))
      const inspection = await inspectFile(file)
      expect(listImports(inspection), name).toEqual(found)
      if (fixtureCapabilities(name) !== undefined)
        expect(judgeFixture(name, inspection), name).toMatchObject({ allowed: true, findings: [] })
    }
  },
)

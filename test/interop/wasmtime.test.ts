import { delimiter, dirname } from 'node:path'

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import type { ColdStart } from '../../src/runtimes/cold-start.ts'
import { measureWasmtime } from '../../src/runtimes/wasmtime.ts'
import { fixturePath, readFixture } from '../support/fixtures.ts'
import { inspectBytes } from '../wasm/inspecting.ts'
import { needsPeers, peer } from './peer.ts'

needsPeers('wasmtime')

beforeEach(() => {
  vi.stubEnv('PATH', `${dirname(peer('wasmtime'))}${delimiter}${process.env['PATH'] ?? ''}`)
})
afterEach(() => {
  vi.unstubAllEnvs()
})

async function measured(fixture: string): Promise<ColdStart> {
  const options = { rounds: 3, signal: new AbortController().signal }
  const inspection = await inspectBytes(readFixture(fixture))
  return measureWasmtime({ path: fixturePath(fixture), inspection }, options)
}

describe('the cold start under Wasmtime', () => {
  test.each(['cpp-files', 'zig-hello', 'proxy-filter', 'rust-custom'])(
    'is measured for the core module %s, whatever it imports',
    async (fixture) => {
      const found = await measured(fixture)
      expect(found).toMatchObject({ runtime: 'Wasmtime', rounds: 3 })
      expect(found.version).toMatch(/^\d+\.\d+/)
      expect(found.compile).toBeGreaterThan(0)
      expect(found.instantiate).toBeGreaterThanOrEqual(0)
    },
  )

  test.each(['hello-component', 'files-component', 'http-fetch'])(
    'is measured for the command %s, of which next to nothing runs',
    async (fixture) => {
      const found = await measured(fixture)
      expect(found.compile).toBeGreaterThan(0)
      expect(found.instantiate).toBeGreaterThanOrEqual(0)
      expect(found.notes).toEqual(['from compiled code, loading it included'])
    },
  )

  test('says why there is none for a component that is no command', async () => {
    const found = await measured('http-serve')
    expect(found.compile).toBeGreaterThan(0)
    expect(found.instantiate).toBeUndefined()
    expect(found.notes[0]).toMatch(/^not instantiated: no exported instance named `wasi:cli\/run@/)
  })

  test('says what Wasmtime makes of a component that it does not accept', async () => {
    const found = await measured('edge/component-kinds')
    expect(found.compile).toBeUndefined()
    expect(found.notes).toEqual(['it does not compile it: root-level component imports are not supported'])
  })
})

test('a machine without Wasmtime is told so', async () => {
  vi.stubEnv('PATH', '/nonexistent')
  const options = { rounds: 1, signal: new AbortController().signal }
  const inspection = await inspectBytes(readFixture('cpp-files'))
  const found = await measureWasmtime({ path: fixturePath('cpp-files'), inspection }, options)
  expect(found).toEqual({ runtime: 'Wasmtime', notes: ['not on the search path'] })
})

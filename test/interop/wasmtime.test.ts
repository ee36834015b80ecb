import { execFile, execFileSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'

import type { ColdStart } from '../../src/runtimes/cold-start.ts'
import { measureWasmtime } from '../../src/runtimes/measure-wasmtime.ts'
import { fixturePath, readFixture } from '../support/fixtures.ts'
import { module, section, vec } from '../support/wasm-builder.ts'
import { inspectBytes } from '../wasm/inspecting.ts'
import { needsPeers, peer } from './peer.ts'

needsPeers('wasmtime', 'wasm-tools')

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

/** A component that sends an HTTP request, by fewer than a hundred instructions, and waits for what comes of it. */
function buildCaller(directory: string, authority: string): string {
  const file = (name: string): string => join(directory, name)
  const tools = (...args: readonly string[]): void => void execFileSync(peer('wasm-tools'), args)
  const package_ = fileURLToPath(new URL('../../assets/wit/wasi-http-0.2.12.wasm', import.meta.url))
  tools('component', 'wit', package_, '--out-dir', file('wit'))
  appendFileSync(file('wit/deps/cli.wit'), 'interface run { run: func() -> result; }')
  appendFileSync(
    file('wit/http.wit'),
    'world caller { import outgoing-handler; import wasi:io/poll@0.2.12; export wasi:cli/run@0.2.12; }',
  )
  writeFileSync(
    file('caller.wat'),
    `(module
      (import "wasi:http/types@0.2.12" "[constructor]fields" (func $fields (result i32)))
      (import "wasi:http/types@0.2.12" "[constructor]outgoing-request" (func $request (param i32) (result i32)))
      (import "wasi:http/types@0.2.12" "[method]outgoing-request.set-scheme"
        (func $set-scheme (param i32 i32 i32 i32 i32) (result i32)))
      (import "wasi:http/types@0.2.12" "[method]outgoing-request.set-authority"
        (func $set-authority (param i32 i32 i32 i32) (result i32)))
      (import "wasi:http/types@0.2.12" "[method]outgoing-request.set-path-with-query"
        (func $set-path (param i32 i32 i32 i32) (result i32)))
      (import "wasi:http/types@0.2.12" "[method]future-incoming-response.subscribe"
        (func $subscribe (param i32) (result i32)))
      (import "wasi:io/poll@0.2.12" "[method]pollable.block" (func $block (param i32)))
      (import "wasi:http/outgoing-handler@0.2.12" "handle" (func $handle (param i32 i32 i32 i32)))
      (memory (export "memory") 1)
      (data (i32.const 0) "${authority}")
      (data (i32.const 64) "/")
      (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
      (func (export "wasi:cli/run@0.2.12#run") (result i32)
        (local $request i32)
        (local.set $request (call $request (call $fields)))
        (drop (call $set-scheme (local.get $request) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0)))
        (drop (call $set-authority
          (local.get $request) (i32.const 1) (i32.const 0) (i32.const ${authority.length})))
        (drop (call $set-path (local.get $request) (i32.const 1) (i32.const 64) (i32.const 1)))
        (call $handle (local.get $request) (i32.const 0) (i32.const 0) (i32.const 2048))
        (call $block (call $subscribe (i32.load (i32.const 2056))))
        (i32.const 0)))`,
  )
  tools('component', 'embed', file('wit'), '--world', 'caller', file('caller.wat'), '-o', file('core.wasm'))
  tools('component', 'new', file('core.wasm'), '-o', file('caller.wasm'))
  return file('caller.wasm')
}

describe('the cold start under Wasmtime', () => {
  test.each(['cpp-files', 'zig-hello', 'proxy-filter', 'rust-custom'])(
    'is measured for the core module %s, whatever it imports',
    async (fixture) => {
      const found = await measured(fixture)
      expect(found).toMatchObject({ runtime: 'Wasmtime', rounds: 3 })
      expect(found.version).toMatch(/^\d+\.\d+/)
      expect(found.compile).toEqual(expect.any(Number))
      expect(found.instantiate).toEqual(expect.any(Number))
    },
  )

  test.each(['hello-component', 'files-component', 'http-fetch'])(
    'is measured for the command %s, of which next to nothing runs',
    async (fixture) => {
      const found = await measured(fixture)
      expect(found.compile).toEqual(expect.any(Number))
      expect(found.instantiate).toEqual(expect.any(Number))
      expect(found.notes).toEqual(['from precompiled code, including its loading'])
    },
  )

  test('lets a command send nothing', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'wasmpack-wasmtime-'))
    let connections = 0
    const server = createServer((socket) => {
      connections++
      socket.destroy()
    })
    try {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const path = buildCaller(directory, `127.0.0.1:${(server.address() as AddressInfo).port}`)
      const inspection = await inspectBytes(readFileSync(path))
      const run = ['run', '-S', 'http', path]
      await new Promise((resolve) => execFile(peer('wasmtime'), run, resolve))
      expect(connections, 'when it really runs').toBe(1)
      const options = { rounds: 2, signal: new AbortController().signal }
      const found = await measureWasmtime({ path, inspection }, options)
      expect(found.instantiate).toEqual(expect.any(Number))
      expect(connections).toBe(1)
    } finally {
      server.close()
      rmSync(directory, { recursive: true })
    }
  })

  test('says why there is none for a component that is no command', async () => {
    const found = await measured('http-serve')
    expect(found.compile).toEqual(expect.any(Number))
    expect(found.instantiate).toBeUndefined()
    expect(found.notes[0]).toMatch(/^failed to instantiate: no exported instance named `wasi:cli\/run@/)
  })

  test('says what Wasmtime makes of a component that it does not accept', async () => {
    const found = await measured('edge/component-kinds')
    expect(found.compile).toBeUndefined()
    expect(found.notes).toEqual(['failed to compile: root-level component imports are not supported'])
  })
})

test('Wasmtime instantiates no memory of 4 GiB, whatever a module of a few bytes declares', async () => {
  const bytes = module(section(5, vec([0x01, 0x80, 0x80, 0x04, 0x80, 0x80, 0x04])))
  const directory = mkdtempSync(join(tmpdir(), 'wasmpack-memory-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'module.wasm')
  writeFileSync(path, bytes)
  const options = { rounds: 1, signal: new AbortController().signal }
  const found = await measureWasmtime({ path, inspection: await inspectBytes(bytes) }, options)
  expect(found.instantiate).toBeUndefined()
  expect(found.notes[0]).toMatch(/^failed to instantiate: .*exceeds memory limits/)
})

test('a machine without Wasmtime is told so', async () => {
  vi.stubEnv('PATH', '/nonexistent')
  const options = { rounds: 1, signal: new AbortController().signal }
  const inspection = await inspectBytes(readFixture('cpp-files'))
  const found = await measureWasmtime({ path: fixturePath('cpp-files'), inspection }, options)
  expect(found).toEqual({ runtime: 'Wasmtime', notes: ['not found on PATH'] })
})

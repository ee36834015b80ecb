import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { ColdStart } from '../../src/runtimes/cold-start.ts'
import { measureV8 } from '../../src/runtimes/measure-v8.ts'
import { fixturePath, readFixture } from '../support/fixtures.ts'
import { coreImport, coreImports, func, I32, module, section, types, vec } from '../support/wasm-builder.ts'
import { inspectBytes } from '../wasm/inspecting.ts'

const OPTIONS = { rounds: 2, signal: new AbortController().signal }

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'wasmpack-v8-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

async function measured(bytes: Uint8Array): Promise<ColdStart> {
  const path = join(directory, 'module.wasm')
  await writeFile(path, bytes)
  return measureV8({ path, inspection: await inspectBytes(bytes) }, OPTIONS)
}

describe('measureV8()', () => {
  it('compiles and instantiates a module with stubs for its imports', async () => {
    const inspection = await inspectBytes(readFixture('cpp-files'))
    const found = await measureV8({ path: fixturePath('cpp-files'), inspection }, OPTIONS)
    expect(found).toMatchObject({ runtime: 'V8', rounds: 2 })
    expect(found.compile).toEqual(expect.any(Number))
    expect(found.instantiate).toEqual(expect.any(Number))
  })

  it('makes memories, tables and globals to import', async () => {
    const bytes = module(
      coreImports(
        coreImport('env', 'memory', 0x02, 0x03, 1, 2),
        coreImport('env', 'table', 0x01, 0x70, 0x00, 3),
        coreImport('env', 'base', 0x03, I32, 0x00),
        coreImport('env', 'pointer', 0x03, 0x7e, 0x01),
      ),
    )
    expect((await measured(bytes)).instantiate).toEqual(expect.any(Number))
  })

  it('stops a start function where it asks its host for something', async () => {
    const start = module(types(func([])), coreImports(coreImport('env', 'open', 0x00, 0)), section(8, [0]))
    const found = await measured(start)
    expect(found.compile).toEqual(expect.any(Number))
    expect(found.instantiate).toBeUndefined()
    expect(found.notes[0]).toBe('failed to instantiate: called env.open, which is a stub')
  })

  it('says what V8 makes of a module that it does not accept', async () => {
    const found = await measured(
      module(types(func([])), section(3, vec([0])), section(10, vec([3, 0, 0xff, 0x0b]))),
    )
    expect(found.compile).toBeUndefined()
    expect(found.notes[0]).toMatch(/^failed to compile: /)
  })

  it('S24: a start function that fills 4 GiB, in a module of 50 bytes, is stopped at a part of it', async () => {
    // memory.fill of everything but the last page.
    const filling = [0x00, 0x41, 0x00, 0x41, 0x01, 0x41, 0x80, 0x80, 0x7c, 0xfc, 0x0b, 0x00, 0x0b]
    const found = await measured(
      module(
        types(func([])),
        section(3, vec([0])),
        section(5, vec([0x01, 0x80, 0x80, 0x04, 0x80, 0x80, 0x04])),
        section(8, [0]),
        section(10, vec([filling.length, ...filling])),
      ),
    )
    expect(found.notes).toEqual(['it took more than 512 MiB of memory'])
    expect(found.instantiate).toBeUndefined()
  })

  it('S24: tables that hold gigabytes without any code are stopped too', async () => {
    const tables = Array.from({ length: 60 }, () => [0x70, 0x00, 0x80, 0xad, 0xe2, 0x04])
    const found = await measured(module(section(4, vec(...tables))))
    expect(found.notes).toEqual(['it took more than 512 MiB of memory'])
  })

  it('does not claim to run components', async () => {
    const inspection = await inspectBytes(readFixture('hello-component'))
    const found = await measureV8({ path: fixturePath('hello-component'), inspection }, OPTIONS)
    expect(found).toMatchObject({ notes: ['runs core modules only'] })
    expect(found.compile).toBeUndefined()
  })
})

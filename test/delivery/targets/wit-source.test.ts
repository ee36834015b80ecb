import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { loadWorld } from '../../../src/delivery/targets/wit-source.ts'

let work: string
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'wasmpack-wit-'))
})
afterEach(() => rmSync(work, { recursive: true, force: true }))

function write(name: string, text: string | Uint8Array): string {
  const path = join(work, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return path
}

const LOG = 'package acme:log@1.2.0; interface sink { emit: func(line: string); }'

describe('WIT text', () => {
  test('of one file gives its only world, or the one that is named', async () => {
    const one = write('one.wit', 'package acme:app@0.1.0; world server { import log: func(line: string); }')
    const world = await loadWorld(one, undefined)
    expect(world.name).toBe('acme:app/server@0.1.0')
    expect([...world.shape.imports.keys()]).toEqual(['log'])
    const two = write('two.wit', 'package acme:app@0.1.3; world a {} world b { export run: func(); }')
    for (const name of ['b', 'acme:app/b', 'acme:app/b@0.1.3', 'acme:app/b@0.1'])
      expect(await loadWorld(two, name)).toMatchObject({ name: 'acme:app/b@0.1.3' })
  })

  test('of a directory finds what it depends on, in files and directories', async () => {
    write('app/world.wit', 'package acme:app; world server { import acme:log/sink@1.2.0; include rest; }')
    write('app/rest.wit', 'world rest { import acme:store/items; }')
    write('app/deps/log.wit', LOG)
    write('app/deps/store/items.wit', 'package acme:store; interface items { get: func() -> u8; }')
    write('app/notes.txt', 'not WIT')
    const { shape } = await loadWorld(join(work, 'app'), 'server')
    expect([...shape.imports.keys()].sort()).toEqual(['acme:log/sink@1.2.0', 'acme:store/items'])
  })

  test.each([
    ['', 'server', 'WIT_INVALID'],
    ['world {', undefined, 'WIT_INVALID'],
    ['package a:b; world w { import c:d/e; }', undefined, 'WIT_INVALID'],
    ['package a:b; world a {} world b {}', undefined, 'USAGE'],
    ['package a:b; world a {}', 'b', 'USAGE'],
    ['package a:b@0.2.0; world a {}', 'a:b/a@0.3', 'USAGE'],
  ])('%j with the world %s is refused', async (text, name, code) => {
    await expect(loadWorld(write('bad.wit', text), name)).rejects.toMatchObject({ code })
  })

  test('that is not text, not there, or a directory without any is refused', async () => {
    await expect(loadWorld(write('bytes.wit', Uint8Array.of(0xff)), undefined)).rejects.toMatchObject({
      code: 'WIT_INVALID',
      message: expect.stringContaining('neither UTF-8 text nor a binary WIT package'),
    })
    await expect(loadWorld(join(work, 'missing'), undefined)).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
    })
    await expect(loadWorld(work, undefined)).rejects.toMatchObject({ code: 'WIT_INVALID' })
  })

  test('cannot drive a terminal', async () => {
    const refused = loadWorld(write('bad.wit', 'package a:b; world w { import \u001b[31m; }'), undefined)
    await expect(refused).rejects.toSatisfy((error: Error) => !error.message.includes('\u001b'))
  })

  test('that is hostile is refused in bounded time and memory', async () => {
    const deep = `package a:b; world w { import f: func(x: ${'list<'.repeat(50_000)}u8${'>'.repeat(50_000)}); }`
    await expect(loadWorld(write('deep.wit', deep), undefined)).rejects.toMatchObject({
      code: 'WIT_INVALID',
    })
    const pairs = (length: number): string =>
      Array.from({ length }, (_, index) => `type t${index + 1} = tuple<t${index}, t${index}>;`).join('\n')
    const doubling = (length: number): string =>
      `package a:b; interface t { type t0 = u32; ${pairs(length)} f: func(x: t${length}); } world w { import t; }`
    expect(await loadWorld(write('doubling.wit', doubling(60)), undefined)).toMatchObject({ name: 'a:b/w' })
    await expect(loadWorld(write('deeper.wit', doubling(400)), undefined)).rejects.toMatchObject({
      code: 'WIT_INVALID',
      message: expect.stringContaining('types are nested deeper than 100'),
    })
    await expect(loadWorld(write('large.wit', new Uint8Array(5 * 2 ** 20)), undefined)).rejects.toMatchObject(
      {
        code: 'FILE_UNREADABLE',
      },
    )
  })
})

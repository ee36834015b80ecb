import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import nodeModule from 'node:module'
import { join } from 'node:path'

import { describe, expect, onTestFinished, test } from 'vitest'

import { fixturePath } from '../support/fixtures.ts'
import { createHome, type Home, runWasmpack } from '../support/cli.ts'

/** Node 22.8 and newer keep compiled code; older ones must leave no trace. */
const KEEPS = 'enableCompileCache' in nodeModule

function openHome(): { readonly home: Home; readonly at: (path: string) => string } {
  const home = createHome()
  onTestFinished(() => home.dispose())
  return { home, at: (path) => join(home.env['HOME']!, path) }
}

const run = (home: Home, env: Readonly<Record<string, string>> = {}) =>
  runWasmpack(home, ['inspect', fixturePath('as-hello')], { env })

const filesIn = (directory: string): readonly string[] =>
  existsSync(directory) ? readdirSync(directory, { recursive: true, encoding: 'utf8' }) : []

test('compiled code is kept in the cache directory of the user, where Node can, and nowhere else', async () => {
  const { home, at } = openHome()
  expect(await run(home)).toMatchObject({ exit: 0, stderr: '' })
  const kept = filesIn(at('.cache/wasmpack/code'))
  expect(kept.length > 1).toBe(KEEPS)
  expect(filesIn(home.env['TMPDIR']!)).toEqual([])
  expect(await run(home)).toMatchObject({ exit: 0, stderr: '' })
  expect(filesIn(at('.cache/wasmpack/code'))).toEqual(kept)
  const elsewhere = join(home.directory, 'xdg')
  mkdirSync(elsewhere)
  await run(home, { XDG_CACHE_HOME: elsewhere })
  expect(filesIn(join(elsewhere, 'wasmpack/code')).length > 1).toBe(KEEPS)
})

describe('a directory that others can change is not used', () => {
  test.each<[string, (at: (path: string) => string) => void]>([
    ['it is writable for all', (at) => chmodSync(at('.cache/wasmpack/code'), 0o777)],
    ['it is writable for the group', (at) => chmodSync(at('.cache/wasmpack/code'), 0o770)],
    ['the one above it is writable for all', (at) => chmodSync(at('.cache'), 0o777)],
    [
      'it is a link to one that is writable for all',
      (at) => {
        rmSync(at('.cache/wasmpack/code'), { recursive: true })
        mkdirSync(at('shared'))
        chmodSync(at('shared'), 0o777)
        symlinkSync(at('shared'), at('.cache/wasmpack/code'))
      },
    ],
  ])('%s', async (_, change) => {
    const { home, at } = openHome()
    mkdirSync(at('.cache/wasmpack/code'), { recursive: true, mode: 0o700 })
    change(at)
    expect(await run(home)).toMatchObject({ exit: 0, stderr: '' })
    expect([...filesIn(at('.cache/wasmpack/code')), ...filesIn(at('shared'))]).toEqual([])
  })
})

test('no home, one that does not exist, and one that is a file are no error', async () => {
  const { home, at } = openHome()
  for (const path of [at('none'), '/dev/null', '']) {
    expect(await run(home, { HOME: path })).toMatchObject({ exit: 0, stderr: '' })
    expect(existsSync(at('none'))).toBe(false)
  }
})

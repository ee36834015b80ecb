import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { createHome, type Home, WASMPACK_FILE } from '../support/cli.ts'
import { parseGolden, playGolden } from '../support/golden.ts'

const cases = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.case'))
const root = join(import.meta.dirname, '../..')

let home: Home
beforeEach(() => {
  home = createHome()
})
afterEach(() => home.dispose())

// BLESS=1 writes what happened into the case; read the difference before you commit it.
test.for(cases)('%s', { timeout: 120_000 }, async (file) => {
  const bin = join(home.directory, 'bin')
  mkdirSync(bin)
  symlinkSync(WASMPACK_FILE, join(bin, 'wasmpack'))
  symlinkSync(join(root, 'fixtures'), join(home.work, 'fixtures'))
  const path = join(import.meta.dirname, file)
  const expected = readFileSync(path, 'utf8')
  const played = await playGolden(parseGolden(expected), home, {
    PATH: `${bin}:${process.env['PATH']}`,
    COSIGN_PASSWORD: 'golden',
  })
  if (process.env['BLESS']) writeFileSync(path, played)
  else expect(played).toBe(expected)
})

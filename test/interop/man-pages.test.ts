import { readdirSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { runChild } from '../support/child.ts'
import { needsPeers, peer } from './peer.ts'

needsPeers('groff', 'mandoc')

const PAGES = readdirSync('man')
const env = { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' }

/** A date would change the pages with each build. */
const WITHOUT_A_DATE = /: missing date, using "": TH$/

describe('the manual pages are read without a warning', () => {
  test('by groff', async () => {
    for (const page of PAGES) {
      const run = await runChild(peer('groff'), ['-ww', '-man', '-Tutf8', join('man', page)], { env })
      expect(run).toMatchObject({ exit: 0, stderr: '' })
      expect(run.stdout.length).toBeGreaterThan(500)
    }
  })
  test('by mandoc', async () => {
    const { stdout } = await runChild(
      peer('mandoc'),
      ['-Tlint', '-Wwarning', ...PAGES.map((page) => join('man', page))],
      { env },
    )
    const warnings = stdout.split('\n').filter(Boolean)
    expect(warnings.filter((line) => !WITHOUT_A_DATE.test(line))).toEqual([])
    expect(warnings).toHaveLength(PAGES.length)
  })
})

test('every flag can be copied out of a page: its hyphens are those of ASCII', async () => {
  const run = await runChild(peer('mandoc'), ['-Tutf8', '-Owidth=200', 'man/wasmpack-push.1'], { env })
  // eslint-disable-next-line no-control-regex -- an overstruck letter is a bold one
  expect(run.stdout.replace(/.\u0008/g, '')).toMatch(
    /^ +--allow-overwrite|^ +--sign|^ +-c, --capabilities <file>$/m,
  )
})

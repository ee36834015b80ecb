import { readFileSync } from 'node:fs'

import { expect, test } from 'vitest'

import { fillSection, record } from '../bench/page.mjs'

const PAGE = readFileSync('docs/performance.md', 'utf8')

test('every section of docs/performance.md has figures, with the machine they are of', () => {
  const subjects = [...PAGE.matchAll(/^<!-- (\w+) -->$/gm)].map(([, subject]) => subject!)
  expect(subjects).toContain('startup')
  for (const subject of subjects) {
    const [, section = ''] = new RegExp(`<!-- ${subject} -->\n([^]*?)<!-- /${subject} -->\n`).exec(PAGE) ?? []
    expect(section).toMatch(/node v\d+\.\d+\.\d+, \d+ cores/)
    expect(section).toMatch(/^\| wasmpack pull .*\d/m)
  }
})

test('npm run bench --write puts what is printed between the marks of the subject, and nowhere else', async () => {
  const printed = await record(async () => {
    console.log('\nStart-up\n')
    console.log('| a | b |')
  })
  const page = 'above\n<!-- startup -->\nold\n<!-- /startup -->\nbelow\n'
  expect(fillSection(page, 'startup', printed)).toBe(
    'above\n<!-- startup -->\nStart-up\n\n| a | b |\n<!-- /startup -->\nbelow\n',
  )
  expect(() => fillSection(page, 'transfer', printed)).toThrow('no section for transfer')
})

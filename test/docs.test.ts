import { describe, expect, test } from 'vitest'

import { buildProgram } from '../src/commands/cli/program.ts'
import { COMMANDS } from '../src/commands/command-table.ts'
import { anchor, capabilitiesPage } from './support/capabilities-page.ts'
import { cliPage, exitCodesPage } from './support/pages.ts'

const program = await buildProgram(
  COMMANDS,
  () => {
    throw new Error('documentation runs no command')
  },
  () => true,
)

describe('generated pages are what the code says (npm run docs writes them)', () => {
  test('docs/cli.md', async () => {
    await expect(cliPage(program)).toMatchFileSnapshot('../docs/cli.md')
  })
  test('docs/capabilities.md', async () => {
    await expect(capabilitiesPage()).toMatchFileSnapshot('../docs/capabilities.md')
  })
  test('docs/capabilities.md links to its own headings only', () => {
    const page = capabilitiesPage()
    const headings = [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchor(heading!))
    const links = [...page.matchAll(/\]\(#([^)]*)\)/g)].map(([, link]) => link)
    expect(links.filter((link) => !headings.includes(link!))).toEqual([])
    expect(new Set(headings).size).toBe(headings.length)
  })
  test('docs/exit-codes.md', async () => {
    await expect(exitCodesPage()).toMatchFileSnapshot('../docs/exit-codes.md')
  })
})

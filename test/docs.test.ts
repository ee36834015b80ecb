import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { buildProgram } from '../src/commands/cli/program.ts'
import { COMMANDS } from '../src/commands/command-table.ts'
import { anchor, capabilitiesPage } from './support/capabilities-page.ts'
import { faultsPage } from './support/faults-page.ts'
import { withGrantRows } from './support/grant-rows.ts'
import { withGrants } from './support/grant-schema.ts'
import { withEnforcementRows } from './support/run-page.ts'
import { manPages } from './support/man-pages.ts'
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
  test.for(manPages(program))('man/%s', async ([name, page]) => {
    await expect(page).toMatchFileSnapshot(`../man/${name}`)
  })
  test('man/ holds no other page, and npm installs each', () => {
    const pages = manPages(program)
      .map(([name]) => name)
      .sort()
    expect(readdirSync('man').sort()).toEqual(pages)
    const { man } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly man: readonly string[] }
    expect(man).toEqual(pages.map((name) => `man/${name}`))
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
  test('the table of grants in docs/capability-manifest.md', async () => {
    const path = 'docs/capability-manifest.md'
    await expect(withGrantRows(readFileSync(path, 'utf8'))).toMatchFileSnapshot(`../${path}`)
  })
  test('the table of targets in docs/run.md', async () => {
    const path = 'docs/run.md'
    await expect(withEnforcementRows(readFileSync(path, 'utf8'))).toMatchFileSnapshot(`../${path}`)
  })
  test.for(['manifest', 'policy'])('the grants in the JSON Schema of the capability %s', async (kind) => {
    const path = `schemas/capability-${kind}.v1alpha1.schema.json`
    await expect(withGrants(JSON.parse(readFileSync(path, 'utf8')))).toMatchFileSnapshot(`../${path}`)
  })
  test('docs/exit-codes.md', async () => {
    await expect(exitCodesPage()).toMatchFileSnapshot('../docs/exit-codes.md')
  })
  test('test/conformance/README.md', async () => {
    await expect(faultsPage()).toMatchFileSnapshot('conformance/README.md')
  })
})

test('links between the pages lead to files and headings that exist', () => {
  const pages = [
    ...readdirSync('.').filter((name) => name.endsWith('.md')),
    ...readdirSync('docs').map((name) => `docs/${name}`),
  ]
  expect(pages.flatMap(findDeadLinks)).toEqual([])
})

function findDeadLinks(page: string): readonly string[] {
  const links = [...readProse(page).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)]
  return links.flatMap(([, path = '', heading]) => {
    const target = path === '' ? page : join(dirname(page), path)
    if (!existsSync(target)) return [`${page}: ${path}`]
    return heading === undefined || listHeadings(target).includes(heading)
      ? []
      : [`${page}: ${path}#${heading}`]
  })
}

function listHeadings(page: string): readonly string[] {
  return [...readProse(page).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchor(heading!))
}

/** A page without its blocks of code, in which `#` begins a comment. */
function readProse(page: string): string {
  return readFileSync(page, 'utf8').replace(/^ *```.*?^ *```/gms, '')
}

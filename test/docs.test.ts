import { describe, expect, test } from 'vitest'

import { buildProgram } from '../src/commands/program.ts'
import { cliPage, exitCodesPage } from './support/pages.ts'

const program = await buildProgram(
  () => {
    throw new Error('documentation runs no verb')
  },
  () => true,
)

describe('generated pages are what the code says (npm run docs writes them)', () => {
  test('docs/cli.md', async () => {
    await expect(cliPage(program)).toMatchFileSnapshot('../docs/cli.md')
  })
  test('docs/exit-codes.md', async () => {
    await expect(exitCodesPage()).toMatchFileSnapshot('../docs/exit-codes.md')
  })
})

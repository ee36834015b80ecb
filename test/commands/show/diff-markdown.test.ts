import * as fc from 'fast-check'
import { lexer, type Token } from 'marked'
import { expect, test } from 'vitest'

import { diffCapabilities } from '../../../src/capabilities/diff/diff-capabilities.ts'
import { renderCodeSpan } from '../../../src/commands/show/markdown.ts'
import { renderDiffMarkdown } from '../../../src/commands/show/diff-markdown.ts'
import type { DiffResult, DiffSide } from '../../../src/delivery/compare-subjects.ts'
import type { Inspection } from '../../../src/wasm/types/inspection.ts'
import { core, granting } from '../../capabilities/samples.ts'

/** All tokens that a Markdown renderer makes of the text, those in others included. */
function tokensOf(markdown: string): readonly Token[] {
  const flat = (token: Token): readonly Token[] => {
    const cells = token.type === 'table' ? [...token['header'], ...token['rows'].flat()] : []
    const below: Token[] = [
      ...('tokens' in token ? (token.tokens ?? []) : []),
      ...('items' in token ? token['items'] : []),
      ...cells.flatMap((cell: { tokens: Token[] }) => cell.tokens),
    ]
    return [token, ...below.flatMap(flat)]
  }
  return lexer(markdown, { gfm: true }).flatMap(flat)
}

const side = (name: string, inspection: Inspection, capabilitySource: string): DiffSide => ({
  examined: { from: 'file', name, inspection },
  inspection,
  capabilities: granting({}),
  capabilitySource,
})

const comparisonOf = (name: string): DiffResult => {
  const old = side('old.wasm', core(), 'old.capabilities.yaml')
  const now = side(`${name}.wasm`, core({ module: 'env', name }, { module: name, name: 'f' }), name)
  return { old, new: now, diff: diffCapabilities(old, now) }
}

const HOSTILE = [
  'a|b',
  'a\\|b',
  '`` ` ```',
  '](https://evil.example)',
  '<img src=x onerror=alert(1)>',
  '@everyone',
  '#1 GH-1 org/repo#1',
  'https://evil.example',
  '![x](https://evil.example/x.png)',
  'a\n\n# heading',
  '| --- |',
  '\\',
  '\\`',
  '',
  ' ',
  '&lt;b&gt;',
  '\u202Eevil',
  '~~x~~',
]

const KINDS = ['heading', 'text', 'space', 'list', 'list_item', 'codespan', 'paragraph', 'strong', 'table']

function expectNamesToStayNames(name: string): void {
  const markdown = renderDiffMarkdown(comparisonOf(name))
  const tokens = tokensOf(markdown)
  for (const { type } of tokens) expect(KINDS).toContain(type)
  // Outside of code spans there are our own words alone, in a table of four columns and three rows.
  const words = tokens.filter((token) => token.type === 'text' && !('tokens' in token))
  const own = words.map((token) => ('text' in token ? token.text : '')).join(' ')
  expect(own).toMatch(/^[A-Za-z0-9 ,.:+%()'-]*$/)
  const table = tokens.find(({ type }) => type === 'table') as Token & { rows: unknown[][] }
  expect(table.rows).toHaveLength(1)
  expect(
    markdown.split('\n').filter((line) => line.startsWith('|') && !line.startsWith('| ---')),
  ).not.toEqual([])
}

test.for(HOSTILE)('%j is nothing but a name', (name) => expectNamesToStayNames(name))

test('no name is anything else', () => {
  const hostile = fc
    .array(fc.constantFrom(...HOSTILE, 'a', '\t', '\r', '*', '_', '$', ':', '\u0000'))
    .map((all) => all.join(''))
  fc.assert(fc.property(fc.oneof(hostile, fc.string({ unit: 'grapheme' })), expectNamesToStayNames), {
    seed: 3,
    numRuns: 500,
  })
})

test('a name is shown as it is where it can be', () => {
  expect(renderCodeSpan('wasi:http/types@0.2.3#[method]fields.append')).toBe(
    '`wasi:http/types@0.2.3#[method]fields.append`',
  )
  expect(renderCodeSpan('a`b|c')).toBe(String.raw`\`a\u{60}b\u{7c}c\``.replaceAll('\\`', '`'))
})

test('the document is not longer than a comment may be, and says so where it ends', () => {
  const many = core(...Array.from({ length: 5000 }, (_, at) => ({ module: `m${at}`, name: 'x'.repeat(200) })))
  const old = side('old.wasm', core(), 'old.yaml')
  const now = { ...side('new.wasm', many, 'new.yaml') }
  const grants = granting({ env: { names: Array.from({ length: 3000 }, (_, at) => `NAME_${at}`) } })
  const exporting: Inspection = {
    ...core(),
    exports: Array.from({ length: 100 }, (_, at) => ({ name: `e${at}`.repeat(60), kind: 'func' as const })),
  }
  for (const [to, capabilities] of [
    [now, grants],
    [side('new.wasm', exporting, 'new.yaml'), grants],
  ] as const) {
    const compared = { ...to, capabilities }
    const markdown = renderDiffMarkdown({ old, new: compared, diff: diffCapabilities(old, compared) })
    expect(markdown.length).toBeLessThan(61_000)
    expect(markdown).toMatch(/and \d+ more/)
  }
})

import { describe, expect, it } from 'vitest'

import { alignColumns, foldText, formatProperties, wrapWords } from '../../src/ui/columns.ts'

describe('wrapped()', () => {
  const words = Array.from({ length: 30 }, (_, at) => `function_${at}`)

  it('keeps to 80 columns and separates by commas', () => {
    const lines = wrapWords(words, { indent: 4 })
    expect(lines.every((line) => line.length <= 80 && line.startsWith('    f'))).toBe(true)
    expect(lines.join(' ').trim().split(/,\s+/)).toEqual(words)
  })

  it('counts what does not fit', () => {
    const lines = wrapWords(words, { indent: 0, lines: 2 })
    expect(lines).toHaveLength(2)
    const [, count] = /and (\d+) more$/.exec(lines[1]!)!
    expect(lines.join(' ').match(/function_/g)).toHaveLength(30 - Number(count))
  })

  it('leaves room for the count', () => {
    for (let length = 1; length < 60; length++) {
      const lines = wrapWords(['x'.repeat(length), ...words], { indent: 4, lines: 2 })
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80)
    }
  })

  it('gives a word that is too long a line to itself', () => {
    const long = 'x'.repeat(100)
    expect(wrapWords(['a', long, 'b'], { indent: 2 })).toEqual(['  a,', `  ${long},`, '  b'])
  })

  it('makes no line of nothing', () => {
    expect(wrapWords([], { indent: 2 })).toEqual([])
  })
})

describe('properties()', () => {
  it('puts what goes on below the first value', () => {
    const lines = formatProperties('toolchain', [
      'rustc 1.98.0 (88d9e12ae 2026-08-18)',
      'clang 21.1.4-wasi-sdk',
      'wit-component 0.263.0',
    ])
    expect(lines).toEqual([
      '  toolchain     rustc 1.98.0 (88d9e12ae 2026-08-18), clang 21.1.4-wasi-sdk,',
      '                wit-component 0.263.0',
    ])
  })
})

describe('folded()', () => {
  it('keeps to 80 columns and goes on below', () => {
    const text =
      'stdio-or-fs.write: write to standard output or error, or to a file or socket that it already has'
    const lines = foldText('  low      ', text, 13)
    expect(lines).toEqual([
      '  low      stdio-or-fs.write: write to standard output or error, or to a file or',
      '             socket that it already has',
    ])
  })

  it('leaves what fits on one line, and a word that does not', () => {
    expect(foldText('  none     ', 'exit: end itself', 13)).toEqual(['  none     exit: end itself'])
    expect(foldText('> ', 'x'.repeat(100), 2)).toEqual([`> ${'x'.repeat(100)}`])
  })
})

describe('alignColumns', () => {
  it('makes each column as wide as its widest cell, and pads no line at its end', () => {
    expect(
      alignColumns(
        [
          ['a', 'bb', ''],
          ['ccc', 'd', 'e'],
        ],
        { indent: 2 },
      ),
    ).toEqual(['  a    bb', '  ccc  d   e'])
  })

  it('keeps to the least and the most width of a column', () => {
    expect(
      alignColumns(
        [
          ['a', 'x'],
          ['longer', 'y'],
        ],
        { most: 3, least: [2] },
      ),
    ).toEqual(['a    x', 'longer  y'])
    expect(alignColumns([['a', 'x']], { least: [4] })).toEqual(['a     x'])
  })

  it('has no lines without rows', () => {
    expect(alignColumns([])).toEqual([])
  })
})

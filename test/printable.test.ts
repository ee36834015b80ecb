import { expect, test } from 'vitest'

import { printable, quoted } from '../src/printable.ts'

test.each([
  ['a controlling sequence', '\u001b[31m', '\\u{1b}[31m'],
  ['a line break', 'a\r\nb', 'a\\u{d}\\u{a}b'],
  ['a tab, a NUL and a DEL', '\t\0\u007f', '\\u{9}\\u{0}\\u{7f}'],
  ['C1 controls', '\u0085\u009b', '\\u{85}\\u{9b}'],
  ['bidirectional overrides and isolates', '\u202e\u2066\u200f\u061c', '\\u{202e}\\u{2066}\\u{200f}\\u{61c}'],
  ['zero-width characters', '\u200b\u200d\ufeff\u2060', '\\u{200b}\\u{200d}\\u{feff}\\u{2060}'],
  ['line and paragraph separators', '\u2028\u2029', '\\u{2028}\\u{2029}'],
  ['tags beyond the basic plane', '\u{e0041}', '\\u{e0041}'],
  ['lone surrogates', '\ud800', '\\u{d800}'],
  ['letters without ink', '\u3164\u2800', '\\u{3164}\\u{2800}'],
  ['selectors of variants', 'a\ufe0f\u{e0100}', 'a\\u{fe0f}\\u{e0100}'],
  ['spaces of other widths', '\u00a0\u2003\u3000', '\\u{a0}\\u{2003}\\u{3000}'],
])('S25: printable escapes %s', (_, text, expected) => {
  expect(printable(text)).toBe(expected)
})

test('printable leaves words of any language as they are', () => {
  const text = 'wasi:cli/run@0.2.0 "größe" \\ 日本語 😀'
  expect(printable(text)).toBe(text)
})

test('quoted keeps the quotes of the text apart from its own', () => {
  expect(quoted('a"b\\c\n')).toBe('"a\\"b\\\\c\\u{a}"')
})

import { countMore } from '../listing.ts'

const WIDTH = 80

interface WrapOptions {
  /** Spaces before each line. */
  readonly indent: number
  /** Maximum number of lines; the last one counts the words that do not fit. */
  readonly lines?: number
}

/** Words separated by commas, in lines of 80 columns; a longer word gets a line of its own. */
export function wrapWords(
  words: readonly string[],
  { indent, lines: limit = Number.POSITIVE_INFINITY }: WrapOptions,
): string[] {
  const pad = ' '.repeat(indent)
  const lines: string[] = []
  let line: string[] = []
  let width = indent
  for (const [at, word] of words.entries()) {
    const piece = at < words.length - 1 ? `${word},` : word
    if (line.length > 0 && width + piece.length > WIDTH) {
      if (lines.length + 1 === limit)
        return [...lines, pad + truncateWithCount(line, words.length - at, WIDTH - indent)]
      lines.push(pad + line.join(' '))
      line = []
      width = indent
    }
    line.push(piece)
    width += piece.length + 1
  }
  return line.length === 0 ? lines : [...lines, pad + line.join(' ')]
}

/** The last line with the number of words left; drops words until the count fits. */
const truncateWithCount = (shown: readonly string[], left: number, width: number): string => {
  const text = [...shown, ...countMore(left)].join(' ')
  return text.length <= width || shown.length === 1
    ? text
    : truncateWithCount(shown.slice(0, -1), left + 1, width)
}

/** Text after a heading, in lines of 80 columns; further lines are indented. */
export function foldText(heading: string, text: string, indent: number): string[] {
  const lines: string[] = []
  let line = heading
  let isEmpty = true
  for (const word of text.split(' ')) {
    if (!isEmpty && line.length + 1 + word.length > WIDTH) {
      lines.push(line)
      line = ' '.repeat(indent)
      isEmpty = true
    }
    line += isEmpty ? word : ` ${word}`
    isEmpty = false
  }
  return [...lines, line]
}

const LABEL_WIDTH = 14

/** `  label         value`: one line of a list of properties. */
export const formatProperty = (label: string, value: string): string =>
  `  ${label.padEnd(LABEL_WIDTH)}${value}`

/** A property with several words, wrapped under its value. */
export const formatProperties = (label: string, words: readonly string[]): string[] =>
  wrapWords(words, { indent: 2 + LABEL_WIDTH }).map((line, at) =>
    at === 0 ? formatProperty(label, line.slice(2 + LABEL_WIDTH)) : line,
  )

interface TableOptions {
  /** Blanks before each row. */
  readonly indent?: number
  /** Widths that columns have at least. */
  readonly least?: readonly number[]
  /** The width that a column has at most; a longer cell moves the rest of its row. */
  readonly most?: number
}

/** Rows of cells in columns, two blanks apart, each as wide as its widest cell; the last is not padded. */
export function alignColumns(
  rows: readonly (readonly string[])[],
  { indent = 0, least = [], most = Number.POSITIVE_INFINITY }: TableOptions = {},
): string[] {
  const widths: number[] = [...least]
  for (const row of rows)
    for (const [column, cell] of row.entries())
      widths[column] = Math.max(widths[column] ?? 0, Math.min(most, cell.length))
  return rows.map((row) =>
    (' '.repeat(indent) + row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')).trimEnd(),
  )
}

import { printable } from '../../../printable.ts'

/** Limits for the characters of a warning, and for the warnings of a run. */
const LENGTH_LIMIT = 512
const COUNT_LIMIT = 10

const WARNING = /(?:^|,)\s*299 - "((?:[^"\\]|\\.)*)"(?=\s*(?:,|$))/g

/**
 * Parses the Warning headers of a response; the result is safe to print.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#warnings
 */
export const parseWarnings = (header: string | undefined): readonly string[] =>
  [...(header ?? '').matchAll(WARNING)].map(([, text = '']) =>
    printable(text.replaceAll(/\\(.)/g, '$1').trim().slice(0, LENGTH_LIMIT)),
  )

/** Prints each line once, and ten at most. */
export function dropRepeatedWarnings(print: (line: string) => void): (line: string) => void {
  const passed = new Set<string>()
  return (line) => {
    if (passed.has(line) || passed.size >= COUNT_LIMIT) return
    passed.add(line)
    print(line)
  }
}

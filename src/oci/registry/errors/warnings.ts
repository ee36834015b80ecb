import { printable } from '../../../printable.ts'

/** Characters of one warning, and warnings of one run, that are shown. */
const LENGTH_LIMIT = 512
const COUNT_LIMIT = 10

const WARNING = /(?:^|,)\s*299 - "((?:[^"\\]|\\.)*)"(?=\s*(?:,|$))/g

/**
 * What a registry wants its users to know, safe to print, from the Warning headers of an answer.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#warnings
 */
export const parseWarnings = (header: string | undefined): readonly string[] =>
  [...(header ?? '').matchAll(WARNING)].map(([, text = '']) =>
    printable(text.replaceAll(/\\(.)/g, '$1').trim().slice(0, LENGTH_LIMIT)),
  )

/** Passes each line on once, and no more than a few in all. */
export function dropRepeatedWarnings(print: (line: string) => void): (line: string) => void {
  const passed = new Set<string>()
  return (line) => {
    if (passed.has(line) || passed.size >= COUNT_LIMIT) return
    passed.add(line)
    print(line)
  }
}

import { Document, Scalar, visit } from 'yaml'

import { printable, UNPRINTABLE } from '../printable.ts'

/**
 * Documents as YAML, keys in the order that they have. What YAML 1.1 reads as a number, a boolean or a date is in quotes, and characters
 * that a terminal interprets are escaped.
 */
export const writeYaml = (values: readonly unknown[]): string => values.map(writeDocument).join('---\n')

function writeDocument(value: unknown): string {
  const document = new Document(value, { compat: 'yaml-1.1', aliasDuplicateObjects: false })
  visit(document, {
    Scalar: (_, node) => {
      if (typeof node.value === 'string' && !node.value.split('\n').every((line) => printable(line) === line))
        node.type = Scalar.QUOTE_DOUBLE
    },
  })
  // All that is left of them stands in double quotes.
  return document
    .toString({ lineWidth: 0 })
    .replace(UNPRINTABLE, (character) => (character === '\n' ? character : escape(character)))
}

const escape = (character: string): string => `\\U${character.codePointAt(0)!.toString(16).padStart(8, '0')}`

/** The same value with the keys of all objects sorted by their code units. */
export function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1))
  return Object.fromEntries(entries.map(([key, child]) => [key, sortKeys(child)]))
}

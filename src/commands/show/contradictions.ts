import type { Contradiction } from '../../capabilities/declarations/infer-from-declaration.ts'
import { countMore } from '../../listing.ts'
import { alignColumns } from '../../ui/columns.ts'
import { IN_JSON } from './in-json.ts'

const WORDS = {
  'not-allowed': 'imported, not allowed',
  'not-imported': 'allowed, not imported',
  'not-expressed': 'not expressed',
} as const satisfies Record<Contradiction['kind'], string>

const SHOWN = 50

/** A line for each contradiction. */
export const describeContradictions = (contradictions: readonly Contradiction[]): readonly string[] => [
  ...alignColumns(
    contradictions.slice(0, SHOWN).map(({ kind, message }) => [WORDS[kind], message]),
    { indent: 2 },
  ),
  ...countMore(contradictions.length - SHOWN, IN_JSON).map((line) => `  ${line}`),
]

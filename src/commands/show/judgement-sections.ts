import type { SplitGrowth } from '../../delivery/split-growth.ts'
import type { Section } from './diff-sections.ts'
import { listAdded } from './growth.ts'

interface Judgements {
  readonly growth?: SplitGrowth
  readonly trustRegression?: readonly string[]
}

/** What policies say to a comparison: approved and unapproved growth, and trust that was lost; without empty sections. */
export function buildJudgementSections({ growth, trustRegression = [] }: Judgements): readonly Section[] {
  const list = (title: string, column: string, names: readonly string[]): Section => ({
    title,
    columns: [column],
    rows: names.map((name) => [{ names: [name] }]),
  })
  const column = 'capability or grant'
  return [
    list('growth without approval', column, growth ? listAdded(growth.unapproved) : []),
    list('approved growth', column, growth ? listAdded(growth.approved) : []),
    list('trust regression', 'lost', trustRegression),
  ].filter(({ rows }) => rows.length > 0)
}

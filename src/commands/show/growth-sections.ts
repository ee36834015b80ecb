import type { AddedCapabilities } from '../../capabilities/diff/find-growth.ts'
import type { SplitGrowth } from '../../delivery/split-growth.ts'
import type { Section } from './diff-sections.ts'
import { listAdded } from './growth.ts'

/** Approved and unapproved growth, where a policy requires approvals; without empty sections. */
export function buildGrowthSections({ growth }: { readonly growth?: SplitGrowth }): readonly Section[] {
  if (growth === undefined) return []
  const list = (title: string, added: AddedCapabilities): Section => ({
    title,
    columns: ['capability or grant'],
    rows: listAdded(added).map((name) => [{ names: [name] }]),
  })
  return [
    list('growth without approval', growth.unapproved),
    list('approved growth', growth.approved),
  ].filter(({ rows }) => rows.length > 0)
}

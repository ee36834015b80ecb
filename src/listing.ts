/** What is said of `left` items that are not listed: a line to append, or none. */
export const countMore = (left: number, suffix = ''): readonly string[] =>
  left > 0 ? [`and ${left} more${suffix}`] : []

/** The first items, and how many are left: `a, b and 3 more`. */
export const listFirst = (items: readonly string[], limit: number): string =>
  [items.slice(0, limit).join(', '), ...countMore(items.length - limit)].join(' ')

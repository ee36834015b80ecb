import type { Asked } from './asked.ts'

/** How long lists are cut into pages. */
export interface PageSwitches {
  /** Entries on a page of tags or referrers. */
  readonly pageSize?: number
  /** The Link to the next page: to the same page for ever (`loop`), to ever new ones (`endless`), to another server (`foreign`). */
  readonly link?: 'relative' | 'absolute' | 'foreign' | 'loop' | 'endless'
}

/** One page of a list, and the Link to the next one. */
export function page<T>(
  { url, origin }: Asked,
  items: readonly T[],
  { pageSize, link = 'relative' }: PageSwitches,
): readonly [readonly T[], string | undefined] {
  const from = Number(url.searchParams.get('from') ?? '0')
  const end = from + (pageSize ?? items.length)
  const entries = items.slice(from, end)
  const to = (base: string, at: number): string => {
    const query = new URLSearchParams(url.search)
    query.set('from', String(at))
    return `<${base}${url.pathname}?${query.toString()}>; rel="next"`
  }
  if (link === 'loop') return [entries, to('', from)]
  if (link === 'endless') return [entries, to('', from + 1)]
  if (end >= items.length) return [entries, undefined]
  const base = { relative: '', absolute: origin, foreign: 'http://127.0.0.1:1' }[link]
  return [entries, to(base, end)]
}

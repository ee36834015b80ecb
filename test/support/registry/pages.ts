import { type Asked, type Reply, refusal } from './asked.ts'

/** How long lists are cut into pages. */
export interface PageSwitches {
  /** Entries on a page of tags, repositories or referrers, at most. */
  readonly pageSize?: number
  /** The Link to the next page: to the same page for ever (`loop`), to ever new ones (`endless`), to another server (`foreign`). */
  readonly link?: 'relative' | 'absolute' | 'foreign' | 'loop' | 'endless'
  /** False: `n` is not looked at, and all tags come at once (docker-registry 2.8). */
  readonly tagPages?: boolean
  /** What a `last` gets that is no entry of the list: what would follow it, or 404 (zot). */
  readonly unknownLast?: 200 | 404
}

/** One page of a list in an order of the registry's own, and the Link to the next one. */
export function page<T>(
  asked: Asked,
  items: readonly T[],
  switches: PageSwitches,
): readonly [readonly T[], string | undefined] {
  const from = Number(asked.url.searchParams.get('from') ?? '0')
  const end = from + (switches.pageSize ?? items.length)
  const link = linkTo(asked, switches, end < items.length, (turned) => ({
    ...Object.fromEntries(asked.url.searchParams),
    from: String({ forward: end, again: from, on: from + 1 }[turned]),
  }))
  return [items.slice(from, end), link]
}

/** One page of a sorted list of names, by `n` and `last`; or why there is none. */
export function pageOfNames(
  asked: Asked,
  names: readonly string[],
  switches: PageSwitches,
): { readonly names: readonly string[]; readonly link: string | undefined } | { readonly refused: Reply } {
  const { searchParams } = asked.url
  const [n, last] = [searchParams.get('n'), searchParams.get('last')]
  if (n !== null && !/^\d{1,9}$/.test(n))
    return {
      refused: refusal(400, 'PAGINATION_NUMBER_INVALID', 'invalid number of results requested', {
        n: Number.parseInt(n, 10) || 0,
      }),
    }
  if (last !== null && switches.unknownLast === 404 && !names.includes(last))
    return { refused: { status: 404 } }
  const size = Math.min(n === null ? names.length : Number(n), switches.pageSize ?? names.length)
  const rest = last === null ? names : names.filter((name) => name > last)
  const found = rest.slice(0, size)
  const link = linkTo(asked, switches, size > 0 && rest.length > size, (turned) => ({
    last: turned === 'again' ? (last ?? '') : (found.at(-1) ?? last ?? ''),
    n: String(size),
    ...(turned === 'on' ? { page: String(Number(searchParams.get('page') ?? '0') + 1) } : {}),
  }))
  return { names: found, link }
}

/** The Link of a page: to where it goes forward, where there is more, or as it is switched to lead astray. */
function linkTo(
  { url, origin }: Asked,
  { link = 'relative' }: PageSwitches,
  more: boolean,
  query: (turned: 'forward' | 'again' | 'on') => Readonly<Record<string, string>>,
): string | undefined {
  const to = (base: string, turned: 'forward' | 'again' | 'on'): string =>
    `<${base}${url.pathname}?${new URLSearchParams(query(turned)).toString()}>; rel="next"`
  if (link === 'loop') return to('', 'again')
  if (link === 'endless') return to('', 'on')
  if (!more) return undefined
  return to({ relative: '', absolute: origin, foreign: 'http://127.0.0.1:1' }[link], 'forward')
}

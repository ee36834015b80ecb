import { WasmpackError } from '../../../errors.ts'
import type { HttpResponse } from '../../../http/response.ts'
import { getOrigin, resolveLocation } from '../../../http/origin.ts'

const PAGES_LIMIT = 1000

const LINK = /<([^<>]{1,8192})>\s*;[^,]{0,256}\brel="?next"?/i

/**
 * The URL of the next page, from a Link header; undefined on the last one. Throws UNAVAILABLE for a URL on another origin.
 */
export function findNextPage(response: HttpResponse, origin: string, registry: string): string | undefined {
  const link = LINK.exec(response.header('link') ?? '')?.[1]
  if (link === undefined) return undefined
  const url = resolveLocation(response.url, link)
  if (getOrigin(url) === origin) return url
  throw new WasmpackError('UNAVAILABLE', `registry ${registry} continues a list on another host`, {
    hint: 'the list was not read further; the registry is misconfigured or hostile',
  })
}

/** Detects pagination loops. */
export class Pages {
  readonly #seen = new Set<string>()
  readonly #registry: string

  constructor(registry: string) {
    this.#registry = registry
  }

  enter(page: string): void {
    if (this.#seen.has(page) || this.#seen.size >= PAGES_LIMIT)
      throw new WasmpackError(
        'UNAVAILABLE',
        `registry ${this.#registry}: pagination loop, or more than 1,000 pages`,
      )
    this.#seen.add(page)
  }
}

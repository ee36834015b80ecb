import { type Asked, JSON_TYPE, type Reply } from './asked.ts'
import { nameUnknown } from './manifests.ts'
import { type PageSwitches, page } from './pages.ts'
import type { Store } from './store.ts'

export interface TagSwitches extends PageSwitches {
  /** What a repository without tags lists. */
  readonly noTags?: 'null' | 'empty'
  /** False: `n` is not looked at, and all tags come at once (docker-registry 2.8). */
  readonly tagPages?: boolean
}

export function tags(asked: Asked, store: Store, switches: TagSwitches, name: string): Reply {
  const repository = store.repositories.get(name)
  if (repository === undefined) return nameUnknown()
  const n = asked.url.searchParams.get('n')
  const pageSize =
    switches.pageSize ??
    (n !== null && switches.tagPages !== false && /^\d{1,9}$/.test(n) ? Number(n) : undefined)
  const [listed, link] = page(asked, [...repository.tags.keys()].sort(), {
    ...switches,
    ...(pageSize === undefined ? {} : { pageSize }),
  })
  const none = switches.noTags === 'empty' ? [] : null
  return {
    status: 200,
    headers: { ...JSON_TYPE, link },
    body: Buffer.from(JSON.stringify({ name, tags: listed.length === 0 ? none : listed })),
  }
}

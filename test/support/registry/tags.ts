import type { Asked, Reply } from './asked.ts'
import { nameUnknown } from './manifests.ts'
import { type PageSwitches, pageOfNames } from './pages.ts'
import type { Store } from './store.ts'

export interface TagSwitches extends PageSwitches {
  /** What a repository without tags lists. */
  readonly noTags?: 'null' | 'empty'
  /** When a repository begins to be known: with its first manifest, or with its first upload (zot). */
  readonly repositoryBegins?: 'manifest' | 'upload'
}

export function tags(asked: Asked, store: Store, switches: TagSwitches, name: string): Reply {
  const repository = store.known(name)
  if (repository === undefined) return nameUnknown(name)
  const all = [...repository.tags.keys()].sort()
  const none = switches.noTags === 'empty' ? [] : null
  if (switches.tagPages === false) return { status: 200, json: { name, tags: all.length === 0 ? none : all } }
  const listed = pageOfNames(asked, all, switches)
  if ('refused' in listed) return listed.refused
  return {
    status: 200,
    headers: { link: listed.link },
    json: { name, tags: all.length === 0 ? none : listed.names },
  }
}

import type { Asked, Reply } from './asked.ts'
import { type PageSwitches, pageOfNames } from './pages.ts'
import type { Store } from './store.ts'

/** The names of all repositories that have had a manifest. */
export function catalog(asked: Asked, store: Store, switches: PageSwitches): Reply {
  const names = [...store.repositories.keys()].filter((name) => store.known(name) !== undefined).sort()
  const listed = pageOfNames(asked, names, switches)
  if ('refused' in listed) return listed.refused
  return { status: 200, headers: { link: listed.link }, json: { repositories: listed.names } }
}

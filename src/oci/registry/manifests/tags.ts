import { WasmpackError } from '../../../errors.ts'
import type { HttpResponse } from '../../../http/response.ts'
import { collect } from '../../descriptor.ts'
import { parseDocument } from '../../document.ts'
import { isTag } from '../../reference.ts'
import type { Operation } from '../../target.ts'
import type { RegistryConnection } from '../connection.ts'
import { Pages, findNextPage } from './paging.ts'
import { rejectHtml } from '../errors/reject-html.ts'

const PAGE = 1000
const TAGS_LIMIT = 100_000
const PAGE_SIZE_LIMIT = 4 * 1024 * 1024

/** Every tag of a repository, sorted, without names that are not valid tags. Throws NOT_FOUND. */
export async function listTags(
  connection: RegistryConnection,
  { signal }: Operation = {},
): Promise<readonly string[]> {
  const tags = new Set<string>()
  const pages = new Pages(connection.registry)
  let at: string | { readonly url: string } = `tags/list?n=${PAGE}`
  for (;;) {
    pages.enter(typeof at === 'string' ? at : at.url)
    const asked = { method: 'GET', at, action: 'pull', signal } as const
    const page: TagsPage = await connection.startAttempts(signal).readWhole(
      (retry) => connection.request({ ...asked, retry }),
      (response) => readPage(connection, response),
    )
    for (const tag of page.tags) if (typeof tag === 'string' && isTag(tag)) tags.add(tag)
    if (tags.size > TAGS_LIMIT)
      throw new WasmpackError(
        'ARTIFACT_MALFORMED',
        `the list of tags of ${connection.name} has more than ${TAGS_LIMIT} entries`,
      )
    if (page.next === undefined) return [...tags].sort()
    at = { url: page.next }
  }
}

interface TagsPage {
  readonly tags: readonly unknown[]
  readonly next: string | undefined
}

async function readPage(connection: RegistryConnection, response: HttpResponse): Promise<TagsPage> {
  if (response.status !== 200)
    throw await connection.toError(response, {
      what: `request for the tags of ${connection.name}`,
      notFound: `repository ${connection.name} does not exist`,
    })
  const where = `the list of tags of ${connection.name}`
  await rejectHtml(response, connection, where)
  const page = parseDocument(await collect(response.body, PAGE_SIZE_LIMIT, where), where)
  return {
    tags: Array.isArray(page['tags']) ? page['tags'] : [],
    next: findNextPage(response, connection.origin, connection.registry),
  }
}

import type { ScalarFormat } from './scalar-format.ts'

/**
 * A pattern of repositories, segment by segment:
 *
 *     pattern ::= ( "**" | host [ ":" port ] ) ( "/" segment )*
 *
 * In a segment `*` stands for any run of characters; `**` as a whole segment stands for any number of segments, including none.
 * A host without a port matches every port.
 */
export const REPOSITORY_PATTERN: ScalarFormat = {
  pattern: String.raw`^(?:\*\*|(?:[A-Za-z0-9*][A-Za-z0-9*.-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?=/))(?:/(?:\*\*|[a-z0-9*][a-z0-9*._-]*))*$`,
  expected:
    'a pattern of repositories such as harbor.corp/team-a/** or harbor.corp/*/app, with the host in front',
}

/** Whether the pattern matches the repository, `host[:port]/name`, under any of its names. */
export function matchesRepository(pattern: string, repository: string): boolean {
  const wanted = splitSegments(pattern)
  return expandHubNames(splitSegments(repository).join('/')).some((name) => {
    const [host, ...path] = splitSegments(name) as [string, ...string[]]
    return expandPorts(host, wanted[0]!).some((one) =>
      matchGlob(wanted, [one, ...path], '**', matchesSegment),
    )
  })
}

function splitSegments(text: string): string[] {
  const [host, ...path] = text.toLowerCase().split('/') as [string, ...string[]]
  return [normalizeHost(host), ...path]
}

const PORT = /:([0-9]+)$/

/** Spells a host as URLs do: `127.1` as `127.0.0.1`, `[0:0::1]` as `[::1]`, `:05000` as `:5000`. */
function normalizeHost(host: string): string {
  const port = PORT.exec(host)?.[1]
  const name = host.replace(PORT, '')
  const known = URL.canParse(`https://${name}`) ? new URL(`https://${name}`).hostname : name
  return port === undefined ? known : `${known}:${Number(port)}`
}

const DOCKER_HUB = /^(?:index\.|registry-1\.)?docker\.io(?::443)?\//

/** All names of a Docker Hub repository, which has three hosts and an optional namespace: another spelling must not bypass a policy. */
function expandHubNames(repository: string): string[] {
  const path = DOCKER_HUB.test(repository) ? repository.replace(DOCKER_HUB, '') : undefined
  if (path === undefined) return [repository]
  const paths = path.includes('/') ? [path, path.replace(/^library\//, '')] : [path, `library/${path}`]
  return [...new Set(paths)].flatMap((name) =>
    ['docker.io', 'index.docker.io', 'registry-1.docker.io'].map((host) => `${host}/${name}`),
  )
}

/** The forms of a host to match with a pattern: a host without a port has port 443, or 80 without TLS. */
function expandPorts(host: string, pattern: string): string[] {
  const bare = host.replace(PORT, '')
  if (!PORT.test(pattern)) return [bare]
  return host === bare ? [`${bare}:443`, `${bare}:80`] : [host]
}

const matchesSegment = (pattern: string, segment: string): boolean =>
  matchGlob([...pattern], [...segment], '*', (one, other) => one === other)

/** Matches items with a pattern in which `star` stands for any number of items; backtracks to the last star only. */
function matchGlob(
  pattern: readonly string[],
  items: readonly string[],
  star: string,
  matches: (one: string, item: string) => boolean,
): boolean {
  let [at, item] = [0, 0]
  let last: { readonly at: number; item: number } | undefined
  while (item < items.length)
    if (pattern[at] === star) last = { at: at++, item }
    else if (at < pattern.length && matches(pattern[at]!, items[item]!)) {
      at++
      item++
    } else if (last === undefined) return false
    else {
      at = last.at + 1
      item = ++last.item
    }
  return pattern.slice(at).every((rest) => rest === star)
}

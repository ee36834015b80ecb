import { listRuleNames, normalizeHostName, splitPort } from '../hosts/registry-host.ts'
import { matchGlob, matchesSegment } from './glob.ts'
import { type Read, readFields, readList, readMatching } from './fields.ts'
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

/** The repositories that a policy is for. */
export interface RepositoryMatch {
  readonly repositories: readonly string[]
}

export const readMatch: Read<RepositoryMatch> = (value, problems) => {
  const repositories = readList(readMatching(REPOSITORY_PATTERN), { filled: true })
  const found = readFields(value, ['repositories'], problems)?.required('repositories', repositories)
  return found && { repositories: found }
}

/** The repositories that a policy is for, in a sentence. */
export const explainMatch = (match: RepositoryMatch | undefined): string =>
  `It applies to ${match === undefined ? 'all repositories' : `the repositories ${match.repositories.join(', ')}`}.`

/**
 * Whether the pattern matches the repository, `host[:port]/name`, under any of its names: a restriction must not be bypassed by another
 * spelling of the host, a default port, or another name of Docker Hub or of this machine.
 */
export function matchesRepository(pattern: string, repository: string): boolean {
  const [wantedHost, ...wantedPath] = splitSegments(pattern)
  const [foundHost, ...foundPath] = splitSegments(repository)
  if (wantedHost === '**')
    return listNames(foundHost).some((name) =>
      listPaths(foundHost, foundPath).some((path) =>
        matchGlob(['**', ...wantedPath], [name, ...path], '**', matchesSegment),
      ),
    )
  return (
    matchesHost(wantedHost, foundHost) &&
    listPaths(foundHost, foundPath).some((path) => matchGlob(wantedPath, path, '**', matchesSegment))
  )
}

/** The name of one repository, `host[:port]/name`. */
export const REPOSITORY_NAME: ScalarFormat = {
  pattern: String.raw`^(?:[A-Za-z0-9][A-Za-z0-9.-]{0,252}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)+$`,
  expected: 'a repository such as harbor.corp/team/app, with the host in front',
}

/** Whether two names, `host[:port]/name`, are of one repository. */
export const isSameRepository = (one: string, other: string): boolean =>
  matchesRepository(one, other) && matchesRepository(other, one)

const splitSegments = (text: string): [string, ...string[]] =>
  text.toLowerCase().split('/') as [string, ...string[]]

const listNames = (host: string): readonly string[] => listRuleNames(splitPort(host).name)

/** A pattern without a port means every port; a host without a port has port 443, or 80 without TLS. */
function matchesHost(pattern: string, host: string): boolean {
  const { name: wanted, port: wantedPort } = splitPort(pattern)
  const { port } = splitPort(host)
  if (wantedPort !== undefined && wantedPort !== port && !(port === undefined && isDefaultPort(wantedPort)))
    return false
  const patterns = wanted.includes('*') ? [normalizeHostName(wanted)] : listRuleNames(wanted)
  return listNames(host).some((name) => patterns.some((one) => matchesSegment(one, name)))
}

const isDefaultPort = (port: number | undefined): boolean => port === undefined || port === 443 || port === 80

/** Docker Hub's official images are under `library/`, which may be omitted. */
function listPaths(host: string, path: readonly string[]): readonly (readonly string[])[] {
  const isHub = listNames(host).includes('docker.io') && isDefaultPort(splitPort(host).port)
  if (!isHub) return [path]
  if (path.length === 1) return [path, ['library', ...path]]
  return path.length === 2 && path[0] === 'library' ? [path, path.slice(1)] : [path]
}

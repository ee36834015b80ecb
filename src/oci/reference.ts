import { WasmpackError } from '../errors.ts'
import { quoteLocation, redactLocation } from '../redacted.ts'
import { type Digest, isDigest } from './digest.ts'

/**
 * Where an artifact is.
 *
 *     reference  ::= registry | layout | archive
 *     registry   ::= [ "oci://" ] host [ ":" port ] "/" repository [ ":" tag ] [ "@" digest ]
 *     layout     ::= "oci-layout:" path [ ":" tag | "@" digest ]
 *     archive    ::= "oci-archive:" path [ ":" tag | "@" digest ]
 *     repository ::= component ( "/" component )*
 *     component  ::= [a-z0-9]+ ( ( "." | "_" | "__" | "-"+ ) [a-z0-9]+ )*
 *     tag        ::= [A-Za-z0-9_] [A-Za-z0-9._-]{0,127}
 *
 * The registry is never guessed and a tag never implied. With both tag and digest the digest decides.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests
 */
export type Reference = RegistryReference | LayoutReference | ArchiveReference

interface TagAndDigest {
  readonly tag?: string
  readonly digest?: Digest
}

export interface RegistryReference extends TagAndDigest {
  readonly kind: 'registry'
  /** Host in lower case, with its port if one was given. */
  readonly registry: string
  readonly repository: string
}

export interface LayoutReference extends TagAndDigest {
  readonly kind: 'layout'
  /** As written; relative to the working directory. */
  readonly path: string
}

/** A tar of an OCI layout, in one file. */
export interface ArchiveReference extends TagAndDigest {
  readonly kind: 'archive'
  /** As written; relative to the working directory. */
  readonly path: string
}

const COMPONENT = /^[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*$/
const TAG = /^\w[\w.-]{0,127}$/
const HOST =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?$/
/** A DNS name has at most 253 characters; with a port. */
const HOST_LIMIT = 259
const NAME_LIMIT = 255
/** Prefixes of references to local files and directories. */
const LOCAL = { layout: 'oci-layout:', archive: 'oci-archive:' } as const
type Local = keyof typeof LOCAL

export const isTag = (text: string): boolean => TAG.test(text)

/** Throws REFERENCE_INVALID with what was found and what was expected. */
export function parseReference(text: string): Reference {
  const kind = findLocalKind(text)
  return kind === undefined ? parseRegistry(text) : parseLocal(text, kind)
}

function findLocalKind(text: string): Local | undefined {
  return (['layout', 'archive'] as const).find((kind) => text.startsWith(LOCAL[kind]))
}

/** Whether a text has the prefix of a layout or an archive. */
export const isLocalReference = (text: string): boolean => findLocalKind(text) !== undefined

function invalidReference(text: string, problem: string, hint: string): WasmpackError {
  return new WasmpackError('REFERENCE_INVALID', `reference ${quoteLocation(text)} ${problem}`, { hint })
}

/** A part of a reference after a blank; empty where it may be part of a secret, because the whole has a part that is hidden. */
const quotePart = (text: string, part: string): string =>
  redactLocation(text) === text ? ` ${quoteLocation(part)}` : ''

function parseLocal(text: string, kind: Local): LayoutReference | ArchiveReference {
  let path = text.slice(LOCAL[kind].length)
  if (path.includes('://'))
    throw invalidReference(text, 'has a URL in place of a path', `write ${LOCAL[kind]}PATH:TAG`)
  const named: { tag?: string; digest?: Digest } = {}
  const at = path.lastIndexOf('@')
  if (at >= 0 && path.slice(at + 1).includes(':') && !path.slice(at).includes('/')) {
    named.digest = parseReferenceDigest(text, path.slice(at + 1))
    path = path.slice(0, at)
  } else {
    // A colon before the last slash belongs to the path, as in a Windows drive.
    const colon = path.lastIndexOf(':')
    if (colon >= 0 && !/[/\\]/.test(path.slice(colon))) {
      named.tag = parseTag(text, path.slice(colon + 1))
      path = path.slice(0, colon)
    }
  }
  if (path === '' || path.includes('\0'))
    throw kind === 'layout'
      ? invalidReference(text, 'has no directory', 'write oci-layout:PATH:TAG')
      : invalidReference(text, 'has no file', 'write oci-archive:FILE:TAG')
  return { kind, path, ...named }
}

function parseRegistry(text: string): RegistryReference {
  const example = 'write HOST/REPOSITORY:TAG, for example registry.example.com/team/app:1.0.0'
  let rest = text.startsWith('oci://') ? text.slice('oci://'.length) : text
  if (SCHEME.test(rest)) throw invalidReference(text, 'is a URL', example + formatPlainHttpHint(rest))
  if (/[\s?#%\\]/.test(rest)) throw invalidReference(text, 'has an invalid character', example)
  const named: { tag?: string; digest?: Digest } = {}
  const at = rest.indexOf('@')
  if (at >= 0) {
    if (!rest.slice(0, at).includes('/') && !/^sha(?:256|512):/.test(rest.slice(at + 1)))
      throw invalidReference(text, 'has credentials', 'log in with: wasmpack login HOST')
    named.digest = parseReferenceDigest(text, rest.slice(at + 1))
    rest = rest.slice(0, at)
  }
  const slash = rest.indexOf('/')
  if (slash < 0) throw invalidReference(text, 'has no registry or no repository', example)
  const registry = rest.slice(0, slash)
  let repository = rest.slice(slash + 1)
  const colon = repository.lastIndexOf(':')
  if (colon >= 0) {
    named.tag = parseTag(text, repository.slice(colon + 1))
    repository = repository.slice(0, colon)
  }
  return {
    kind: 'registry',
    registry: parseHost(text, registry),
    repository: parseRepository(text, repository),
    ...named,
  }
}

/** A registry's host and port as `login` takes it, in lower case. Throws REFERENCE_INVALID. */
export function parseRegistryName(text: string): string {
  const more = SCHEME.test(text) || text.includes('/')
  if (!more) return parseHost(text, text)
  const [host = ''] = text.replace(SCHEME, '').replace(/^.*@/, '').split('/', 1)
  const problem = SCHEME.test(text)
    ? 'is a URL, expected the host of a registry'
    : 'has a path, expected the host of a registry'
  throw new WasmpackError('REFERENCE_INVALID', `${quoteLocation(text)} ${problem}`, {
    hint: `write ${isHost(host) ? host : 'the host'} only${formatPlainHttpHint(text)}`,
  })
}

const SCHEME = /^[a-z]+:\/\//i

const formatPlainHttpHint = (url: string): string =>
  /^http:/i.test(url) ? '; for plain HTTP pass --plain-http' : ''

const isHost = (text: string): boolean =>
  text.length <= HOST_LIMIT && HOST.test(text) && (/[.:]/.test(text) || text.toLowerCase() === 'localhost')

function parseHost(text: string, registry: string): string {
  if (!isHost(registry))
    throw invalidReference(
      text,
      redactLocation(text) === text
        ? `has no registry: ${quoteLocation(registry)} is not a host`
        : 'has no registry',
      'begin with the host of the registry, for example docker.io/',
    )
  const port = HOST.exec(registry)?.[1]
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535))
    throw invalidReference(text, `has the invalid port ${port}`, 'a port is a number from 1 to 65535')
  return registry.toLowerCase()
}

function parseRepository(text: string, repository: string): string {
  if (repository.length > NAME_LIMIT)
    throw invalidReference(
      text,
      'has a repository name that is too long',
      `a repository name has at most ${NAME_LIMIT} characters`,
    )
  if (!repository.split('/').every((component) => COMPONENT.test(component)))
    throw invalidReference(
      text,
      `has the invalid repository name${quotePart(text, repository)}`,
      'use lower-case letters, digits and single separators (. _ __ -) between slashes',
    )
  return repository
}

function parseTag(text: string, tag: string): string {
  if (isTag(tag)) return tag
  throw invalidReference(
    text,
    `has the invalid tag${quotePart(text, tag)}`,
    'a tag has up to 128 letters, digits, _ . - and does not begin with . or -',
  )
}

function parseReferenceDigest(text: string, digest: string): Digest {
  if (isDigest(digest)) return digest
  throw invalidReference(
    text,
    `has the invalid digest${quotePart(text, digest)}`,
    'a digest is sha256: and 64 lower-case hexadecimal digits',
  )
}

/** The repository alone, as {@link parseReference} reads it. */
export const formatRepository = (reference: Reference): string =>
  reference.kind !== 'registry'
    ? LOCAL[reference.kind] + reference.path
    : `${reference.registry}/${reference.repository}`

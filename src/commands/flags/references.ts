import { WasmpackError } from '../../errors.ts'
import { formatRepository, isTag, parseReference, type Reference } from '../../oci/reference.ts'
import { printable, quoted } from '../../printable.ts'

/** A reference that names a tag or a digest; returns what to look up. Throws USAGE if it names neither. */
export function parseTagOrDigest(text: string): { readonly reference: Reference; readonly name: string } {
  const reference = parseReference(text)
  const name = reference.digest ?? reference.tag
  if (name === undefined)
    throw new WasmpackError('USAGE', `${text} names neither a tag nor a digest`, {
      hint: `no tag is ever implied: write ${text}:TAG or ${text}@sha256:...`,
    })
  return { reference, name }
}

/**
 * A reference to publish to: `REPOSITORY:ONE,TWO` names several tags. Throws USAGE without a tag, or with a digest, with `instead` for
 * a hint.
 */
export function parseTaggedReference(
  text: string,
  instead = 'push to a tag; the digest is printed',
): {
  readonly reference: Reference
  readonly tags: readonly string[]
} {
  const [first, ...more] = text.split(',') as [string, ...string[]]
  const reference = parseReference(first)
  if (reference.digest !== undefined)
    throw new WasmpackError('USAGE', `${text} has a digest, which only the content can decide`, {
      hint: instead,
    })
  if (reference.tag === undefined)
    throw new WasmpackError('USAGE', `${text} names no tag`, {
      hint: `no tag is ever implied: write ${text}:TAG`,
    })
  const tags = [...new Set([reference.tag, ...more].map(parseTag))]
  return { reference, tags }
}

/**
 * A reference to copy to: as {@link parseTaggedReference} reads it, but one without a tag takes that of the source, or none
 * from a source that is named by its digest alone.
 */
export function parseDestination(
  text: string,
  source: Reference,
): { readonly reference: Reference; readonly tags: readonly string[] } {
  const [first, ...more] = text.split(',') as [string, ...string[]]
  // A path may have commas too: only behind a tag do they part tags.
  if (parseReference(first).tag !== undefined) return parseTaggedReference(text)
  const reference = more.length === 0 ? parseReference(first) : parseReference(text)
  if (reference.tag !== undefined || reference.digest !== undefined)
    return parseTaggedReference(
      text,
      'the copy has the digest of its source by itself: name the repository, with a tag or without',
    )
  return { reference, tags: source.tag === undefined ? [] : [parseTag(source.tag)] }
}

/** Throws REFERENCE_INVALID for what is no tag, USAGE for one that lists referrers where a registry has no API for them. */
export function parseTag(tag: string): string {
  if (/^sha(?:256|512)-[0-9a-f]{64}/.test(tag))
    throw new WasmpackError('USAGE', `the tag ${tag} is kept for signatures and other referrers`, {
      hint: 'choose another tag',
    })
  if (isTag(tag)) return tag
  throw new WasmpackError('REFERENCE_INVALID', `${JSON.stringify(tag)} is no tag`, {
    hint: 'a tag has up to 128 letters, digits, _ . - and begins with none of . -',
  })
}

/**
 * A repository of the same registry as the reference is of, written with the registry in front or without. Returns it as the
 * registry knows it. Throws USAGE for one of another registry or with a tag, and where there is no registry.
 */
export function parseMountSource(text: string, reference: Reference): string {
  if (reference.kind !== 'registry')
    throw new WasmpackError(
      'USAGE',
      `${formatRepository(reference)} is no registry, so nothing can be mounted`,
      {
        hint: 'leave --mount out',
      },
    )
  const { registry } = reference
  const [first = '', ...rest] = text.split('/')
  const elsewhere = (/[.:]/.test(first) || first.toLowerCase() === 'localhost') && rest.length > 0
  if (elsewhere && first.toLowerCase() !== registry)
    throw new WasmpackError('USAGE', `--mount ${printable(text)} is not of the registry ${registry}`, {
      hint: `a registry takes over only what it has itself: leave --mount out, or write ${registry}/REPOSITORY`,
    })
  const within = elsewhere ? text : `${registry}/${text}`
  const parsed = parseReference(within)
  if (parsed.kind === 'registry' && parsed.tag === undefined && parsed.digest === undefined)
    return parsed.repository
  throw new WasmpackError('USAGE', `${quoted(text)} names more than a repository`, {
    hint: `write a repository of ${registry}, for example team/app, without a tag`,
  })
}

import { WasmpackError } from '../../errors.ts'
import { formatRepository, isTag, parseReference, type Reference } from '../../oci/reference.ts'
import { normalizeRegistryHost } from '../../hosts/registry-host.ts'
import { quoteLocation } from '../../redacted.ts'

/** Parses a reference with a tag or a digest; `name` is what to look up. Throws USAGE for one without. */
export function parseTagOrDigest(text: string): { readonly reference: Reference; readonly name: string } {
  const reference = parseReference(text)
  const name = reference.digest ?? reference.tag
  if (name === undefined)
    throw new WasmpackError('USAGE', `${text} has no tag or digest`, {
      hint: `there is no default tag; list the tags with: wasmpack ls ${text}`,
    })
  return { reference, name }
}

/**
 * Parses a reference to push to; `REPOSITORY:ONE,TWO` has several tags. Throws USAGE without a tag, or with a digest and `instead` as the hint.
 */
export function parseTaggedReference(
  text: string,
  instead = 'push to a tag: REPOSITORY:TAG',
): {
  readonly reference: Reference
  readonly tags: readonly string[]
} {
  const [first, ...more] = text.split(',') as [string, ...string[]]
  const reference = parseReference(first)
  if (reference.digest !== undefined)
    throw new WasmpackError('USAGE', `${text} has a digest: expected a tag`, {
      hint: instead,
    })
  if (reference.tag === undefined)
    throw new WasmpackError('USAGE', `${text} has no tag`, {
      hint: `there is no default tag: write ${text}:TAG`,
    })
  const tags = [...new Set([reference.tag, ...more].map(parseTag))]
  return { reference, tags }
}

/**
 * Parses a reference to copy to, like {@link parseTaggedReference}. Without a tag it takes the tag of the source, if that has one.
 */
export function parseDestination(
  text: string,
  source: Reference,
): { readonly reference: Reference; readonly tags: readonly string[] } {
  const [first, ...more] = text.split(',') as [string, ...string[]]
  // A path may contain commas: they separate tags only after a tag.
  if (parseReference(first).tag !== undefined) return parseTaggedReference(text)
  const reference = more.length === 0 ? parseReference(first) : parseReference(text)
  if (reference.tag !== undefined || reference.digest !== undefined)
    return parseTaggedReference(
      text,
      'the copy keeps the digest of its source: write REPOSITORY or REPOSITORY:TAG',
    )
  return { reference, tags: source.tag === undefined ? [] : [parseTag(source.tag)] }
}

/** Throws REFERENCE_INVALID for an invalid tag, USAGE for one of the referrers tag schema. */
export function parseTag(tag: string): string {
  if (/^sha(?:256|512)-[0-9a-f]{64}/.test(tag))
    throw new WasmpackError('USAGE', `tag ${tag} is reserved for referrers`, {
      hint: 'choose another tag',
    })
  if (isTag(tag)) return tag
  throw new WasmpackError('REFERENCE_INVALID', `invalid tag ${quoteLocation(tag)}`, {
    hint: 'a tag has up to 128 letters, digits, _ . - and does not begin with . or -',
  })
}

/**
 * Parses a repository of the same registry as the reference, with or without the registry. Returns its name in the registry.
 * Throws USAGE for another registry, for a tag or digest, and for a reference without a registry.
 */
export function parseMountSource(text: string, reference: Reference): string {
  if (reference.kind !== 'registry')
    throw new WasmpackError(
      'USAGE',
      `--mount needs a registry, and ${formatRepository(reference)} is an OCI ${reference.kind}`,
      { hint: 'omit --mount' },
    )
  const { registry } = reference
  const [first = '', ...rest] = text.split('/')
  const elsewhere = (/[.:]/.test(first) || first.toLowerCase() === 'localhost') && rest.length > 0
  if (elsewhere && normalizeRegistryHost(first) !== normalizeRegistryHost(registry))
    throw new WasmpackError('USAGE', `--mount ${quoteLocation(text)} is not a repository of ${registry}`, {
      hint: `blobs are mounted within one registry: omit --mount, or write ${registry}/REPOSITORY`,
    })
  const within = elsewhere ? text : `${registry}/${text}`
  const parsed = parseReference(within)
  if (parsed.kind === 'registry' && parsed.tag === undefined && parsed.digest === undefined)
    return parsed.repository
  throw new WasmpackError(
    'USAGE',
    `--mount ${quoteLocation(text)} has a tag or a digest: expected a repository`,
    {
      hint: `for example --mount ${registry}/team/app`,
    },
  )
}

import { WasmpackError } from '../../errors.ts'
import { isTag, parseReference, type Reference } from '../../oci/reference.ts'

/** A reference that names a tag or a digest; returns what to look up. Throws USAGE if it names neither. */
export function parseNamedReference(text: string): { readonly reference: Reference; readonly name: string } {
  const reference = parseReference(text)
  const name = reference.digest ?? reference.tag
  if (name === undefined)
    throw new WasmpackError('USAGE', `${text} names neither a tag nor a digest`, {
      hint: `no tag is ever implied: write ${text}:TAG or ${text}@sha256:...`,
    })
  return { reference, name }
}

/** A reference to publish to: `REPOSITORY:ONE,TWO` names several tags. Throws USAGE without a tag, or with a digest. */
export function parseTaggedReference(text: string): {
  readonly reference: Reference
  readonly tags: readonly string[]
} {
  const [first, ...more] = text.split(',') as [string, ...string[]]
  const reference = parseReference(first)
  if (reference.digest !== undefined)
    throw new WasmpackError('USAGE', `${text} has a digest, which only the content can decide`, {
      hint: 'push to a tag; the digest is printed',
    })
  if (reference.tag === undefined)
    throw new WasmpackError('USAGE', `${text} names no tag`, {
      hint: `no tag is ever implied: write ${text}:TAG`,
    })
  const tags = [...new Set([reference.tag, ...more].map(checkedTag))]
  return { reference, tags }
}

/** Throws REFERENCE_INVALID for what is no tag, USAGE for one that lists referrers where a registry has no API for them. */
export function checkedTag(tag: string): string {
  if (/^sha(?:256|512)-[0-9a-f]{64}/.test(tag))
    throw new WasmpackError('USAGE', `the tag ${tag} is kept for signatures and other referrers`, {
      hint: 'choose another tag',
    })
  if (isTag(tag)) return tag
  throw new WasmpackError('REFERENCE_INVALID', `${JSON.stringify(tag)} is no tag`, {
    hint: 'a tag has up to 128 letters, digits, _ . - and begins with none of . -',
  })
}

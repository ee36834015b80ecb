import { WasmpackError } from '../../errors.ts'
import type { Digest } from '../../oci/digest.ts'
import { formatRepository, parseReference, type RegistryReference } from '../../oci/reference.ts'
import { quoted } from '../../printable.ts'
import type { WasmReference } from './find-references.ts'

/**
 * The artifact that a reference in an object names. Throws REFERENCE_INVALID for one that is not in a registry, which nothing could
 * verify before it runs.
 */
export function readAddress({ scalar: { value }, scheme, isCode }: WasmReference): RegistryReference {
  if (isCode)
    throw new WasmpackError('REFERENCE_INVALID', 'the code of a filter is not in a registry', {
      hint: 'push the module to a registry and refer to it as a whole, as wasmpack render prints it: other code is verified by nobody',
    })
  if (typeof value !== 'string' || value === '')
    throw new WasmpackError('REFERENCE_INVALID', 'found no text, expected a reference', {
      hint: 'write HOST/REPOSITORY:TAG',
    })
  const prefix = `${scheme ?? ''}://`
  const text = scheme !== undefined && value.startsWith(prefix) ? value.slice(prefix.length) : value
  if (text.includes('://'))
    throw new WasmpackError('REFERENCE_INVALID', `${quoted(value)} is not in a registry`, {
      hint: `push the module to a registry and write ${scheme === undefined ? '' : prefix}HOST/REPOSITORY:TAG: what is fetched from elsewhere is verified by nobody`,
    })
  const reference = parseReference(text)
  if (reference.kind === 'registry') return reference
  throw new WasmpackError('REFERENCE_INVALID', `${quoted(value)} is an OCI ${reference.kind}`, {
    hint: 'clusters pull from registries: write HOST/REPOSITORY:TAG',
  })
}

/** The reference as its consumer reads it, with a tag for people and the digest that decides. */
export function formatAddress(
  { scalar: { value }, scheme }: WasmReference,
  reference: RegistryReference,
  { tag = reference.tag, digest }: { readonly tag?: string | undefined; readonly digest: Digest },
): string {
  const prefix = `${scheme ?? ''}://`
  const kept = scheme !== undefined && String(value).startsWith(prefix) ? prefix : ''
  return `${kept}${formatRepository(reference)}${tag === undefined ? '' : `:${tag}`}@${digest}`
}

/** The digits of a digest as the field `sha256` beside a reference has them; undefined for another algorithm. */
export const formatChecksum = (digest: Digest): string | undefined =>
  digest.startsWith('sha256:') ? digest.slice('sha256:'.length) : undefined

import { WasmpackError } from '../errors.ts'
import type { EditableScalar } from '../documents/editable-yaml.ts'
import { formatAddress, formatChecksum, readAddress } from '../gitops/references/artifact-address.ts'
import { type FindOptions, findReferences, type WasmReference } from '../gitops/references/find-references.ts'
import { readPlaces } from '../gitops/references/read-places.ts'
import type { Digest } from '../oci/digest.ts'
import type { RegistryReference } from '../oci/reference.ts'
import type { Operation } from '../oci/target.ts'
import { quoted } from '../printable.ts'
import type { ObjectFile } from './files/object-files.ts'
import type { OpenSource } from './open/open-source.ts'
import { chooseNewestTag } from './newest-tag.ts'

export { readPlaces }
export type { FindOptions }

/** A Wasm reference in a file, with the artifact that it names. */
export interface LocatedReference {
  readonly file: ObjectFile
  readonly found: WasmReference
  readonly address: RegistryReference
}

/** What a reference is to name from now on: a tag, or a digest that it has. */
export interface PinTarget {
  readonly name: string
  readonly tag?: string | undefined
}

/** The Wasm references of a file. One that names nothing in a registry is an error in place of its address. */
export const locateReferences = (
  file: ObjectFile,
  options: FindOptions,
): readonly (Omit<LocatedReference, 'address'> & { readonly address: RegistryReference | WasmpackError })[] =>
  file.yaml.documents.flatMap((document) =>
    findReferences(document, options).map((found) => ({ file, found, address: tryAddress(found) })),
  )

function tryAddress(found: WasmReference): RegistryReference | WasmpackError {
  try {
    return readAddress(found)
  } catch (error) {
    if (error instanceof WasmpackError) return error
    throw error
  }
}

/** `deploy.yaml:12`, for messages. */
export const formatPlace = ({ file, found }: Pick<LocatedReference, 'file' | 'found'>): string =>
  `${file.path}:${found.scalar.line}`

/**
 * What to pin a reference to. With `update` that is what its tag names now, or the newest tag of the range in its comment
 * (`# wasmpack: >=1.2 <2`), never one below its own; else the digest that it has, or its tag.
 */
export async function choosePin(
  { found, address }: LocatedReference,
  { update, openSource }: { readonly update: boolean; readonly openSource: OpenSource },
  operation: Operation,
): Promise<PinTarget> {
  const range = readRange(found.scalar)
  if (update && range !== undefined) {
    const tags = await (await openSource(address)).tags(operation)
    const tag = await chooseNewestTag(tags, range, address.tag)
    return { name: tag, tag }
  }
  const name = update ? (address.tag ?? address.digest) : (address.digest ?? address.tag)
  if (name === undefined)
    throw new WasmpackError('USAGE', `${quoted(String(found.scalar.value))} has no tag or digest`, {
      hint: 'there is no default tag: write HOST/REPOSITORY:TAG',
    })
  return { name, tag: address.tag }
}

const readRange = ({ comment }: EditableScalar): string | undefined =>
  /(?:^|\s)wasmpack:\s*(\S.*)$/.exec(comment)?.[1]?.trim()

/** Throws REFERENCE_UNPINNED unless the object names the digest, wherever it repeats it. */
export function requirePinned(located: LocatedReference, digest: Digest): void {
  const problem = describeUnpinned(located, digest)
  if (problem === undefined) return
  throw new WasmpackError('REFERENCE_UNPINNED', problem, {
    hint: `pin it, with the same flags of trust: wasmpack gitops pin ${nameInShell(located.file.path)}`,
  })
}

/** A hint is pasted into a shell, and a path of a foreign repository may hold a command. */
const nameInShell = (path: string): string => (/^[\w./][\w./-]*$/.test(path) ? path : 'PATH')

function describeUnpinned({ found, address }: LocatedReference, digest: Digest): string | undefined {
  const written = quoted(String(found.scalar.value))
  if (address.digest === undefined) return `${written} is not pinned: it names whatever the tag names later`
  if (address.digest !== digest) return `${written} is pinned to another digest than ${digest}`
  const { checksum } = found
  if (checksum !== undefined && checksum.value !== formatChecksum(digest))
    return `sha256 beside ${written} is not that of its digest`
  return undefined
}

/** Writes the digest into the object, where the consumer reads it, and into the field beside it that repeats it. */
export function pinReference(
  { file, found, address }: LocatedReference,
  { tag }: PinTarget,
  digest: Digest,
): void {
  const text = formatAddress(found, address, { tag, digest })
  if (address.digest !== digest || address.tag !== tag) file.yaml.replace(found.scalar, text)
  const checksum = formatChecksum(digest)
  if (found.checksum === undefined || found.checksum.value === checksum) return
  if (checksum === undefined || typeof found.checksum.value !== 'string')
    throw new WasmpackError('USAGE', `sha256 beside ${quoted(text)} cannot be ${digest}`, {
      hint: 'leave the field out: the reference has the digest',
    })
  file.yaml.replace(found.checksum, checksum)
}

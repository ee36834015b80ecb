import { findPaxAmbiguity } from './ambiguity.ts'
import { LARGEST_OCTAL, readPaxRecords, type TarHeader, textIn } from './header.ts'

/** In bytes, of a long name or the PAX records of one entry. */
export const EXTENSION_LIMIT = 64 * 1024

/** What the records before an entry's header say of it. */
export interface Extension {
  readonly path?: string
  readonly target?: string
  readonly size?: number
  /** One entry has PAX records once. */
  readonly hasRecords?: true
}

/**
 * Adds a long name or PAX records to what stands before an entry. Throws what `malformed` makes of the problem if they are damaged
 * or readers could understand them differently.
 */
export function extend(
  before: Extension,
  { kind }: TarHeader,
  content: Uint8Array,
  malformed: (problem: string) => Error,
): Extension {
  const more = kind === 'records' ? readRecords(content, malformed) : readLongName(kind, content)
  // Readers disagree about which of two names or sizes counts, and some forget all records before further ones.
  if (kind === 'records' && before.hasRecords) throw malformed('gives one entry PAX records twice')
  for (const field of Object.keys(more) as (keyof Extension)[])
    if (before[field] !== undefined) throw malformed(`gives one entry two values of its ${field}`)
  return { ...before, ...more }
}

const readLongName = (kind: TarHeader['kind'], content: Uint8Array): Extension =>
  kind === 'name' ? { path: textIn(content) } : { target: textIn(content) }

function readRecords(content: Uint8Array, malformed: (problem: string) => Error): Extension {
  const records = readPaxRecords(content)
  if (records === undefined) throw malformed('has damaged PAX records')
  const ambiguity = findPaxAmbiguity(records)
  if (ambiguity !== undefined) throw malformed(ambiguity)
  const [path, target, size] = [records.get('path'), records.get('linkpath'), records.get('size')]
  return {
    hasRecords: true,
    ...(path !== undefined && { path }),
    ...(target !== undefined && { target }),
    ...(size !== undefined && { size: Number(size) }),
  }
}

/** The size of an entry in bytes; undefined if its header and its records disagree, where the header could hold the size. */
export function findEntrySize(header: TarHeader, { size }: Extension): number | undefined {
  if (size === undefined || size === header.size) return header.size
  return size > LARGEST_OCTAL && header.kind === 'file' ? size : undefined
}

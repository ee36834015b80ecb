import { isZero, readTarNumber, type TarHeader } from './header.ts'

/** PAX keywords that change neither the name nor the content of an entry, beside those that every reader knows. */
const HARMLESS =
  /^(?:path|linkpath|size|[amc]time|[ug]id|[ug]name|comment|SCHILY\.(?:xattr|acl|fflags|dev|ino|nlink)\b.*|LIBARCHIVE\..*|MSWINDOWS\..*|RHT\.security\..*)$/s

/** Why two readers of a tar could understand a header differently; undefined if they cannot. */
export function findAmbiguity(block: Uint8Array, header: TarHeader): string | undefined {
  const { kind, word } = header
  const flag = String.fromCharCode(block[156]!)
  if (kind === 'all-records') return 'has global PAX records, which some readers ignore'
  if (!/^[0-6LKx\0]$/.test(flag))
    return `has ${word} (${quoteShort(header.name)}), which readers understand differently`
  const hasContent = kind !== 'other' && kind !== 'directory'
  if (!hasContent && readTarNumber(block.subarray(124, 136)) !== 0)
    return `gives ${quoteShort(header.name)}, which is ${word}, a size`
  const isUstar = Buffer.from(block.subarray(257, 263)).equals(USTAR)
  // The prefix of ustar is other fields to GNU and star, and nothing to the oldest readers.
  if (!isZero(block.subarray(isUstar ? 500 : 345)))
    return `has a header for ${quoteShort(header.name)} whose name readers understand differently`
  return undefined
}

const USTAR = Buffer.from('ustar\0')

/** Sparse files above all: Go's reader gives them another name and other content. */
export function findPaxAmbiguity(records: ReadonlyMap<string, string>): string | undefined {
  for (const [keyword, value] of records) {
    if (keyword.startsWith('GNU.sparse.') || keyword === 'SCHILY.realsize')
      return `has a sparse file (${quoteShort(keyword)}), which readers understand differently`
    if (!HARMLESS.test(keyword))
      return `has the PAX record ${quoteShort(keyword)}, which readers understand differently`
    if (keyword === 'size' && !/^[0-9]{1,15}$/.test(value)) return 'has PAX records with an invalid size'
    if (/^(?:path|linkpath)$/.test(keyword) && (value === '' || value.includes('\0')))
      return `has a PAX ${keyword} that readers understand differently`
  }
  return undefined
}

export function findNameAmbiguity(name: string, kind: TarHeader['kind']): string | undefined {
  if (name.startsWith('/')) return `has the absolute name ${quoteShort(name)}`
  if (name.split('/').includes('..'))
    return `has the name ${quoteShort(name)}, which leads out of its directory`
  if (name === '' || name.includes('\uFFFD'))
    return `has the name ${quoteShort(name)}, which readers understand differently`
  if (kind === 'file' && /(?:^|\/)\.?$/.test(name))
    return `has ${quoteShort(name)}, a file with the name of a directory`
  return undefined
}

/** The beginning of a foreign text, for a message. */
export const quoteShort = (text: string): string => JSON.stringify(text.slice(0, 80))

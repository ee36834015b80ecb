import { quoteShort } from './ambiguity.ts'
import type { EntryKind } from './header.ts'

/** In characters. */
const LENGTH_LIMIT = 1024
const DEPTH_LIMIT = 32

/** The names of all entries of a tar, each as every file system would keep it apart from the others. */
export class EntryNames {
  readonly #isReserved: (path: string) => boolean
  readonly #leaves = new Set<string>()
  readonly #directories = new Set<string>()

  /** A reserved path must be spelt exactly. */
  constructor(isReserved: (path: string) => boolean) {
    this.#isReserved = isReserved
  }

  /**
   * Adds the name of an entry, relative and without `..`. Returns why readers that unpack the tar could end up with another file
   * under a name than readers that do not; undefined if they agree.
   */
  add(path: string, kind: EntryKind): string | undefined {
    const shown = quoteShort(path)
    if (path.length > LENGTH_LIMIT) return `has a name of more than ${LENGTH_LIMIT} characters: ${shown}`
    // Windows separates directories by them.
    if (path.includes('\\')) return `has the name ${shown}, which readers understand differently`
    const key = foldPath(path)
    if (key !== path && this.#isReserved(key))
      return `has the name ${shown}, which some file systems take for ${key}`
    const parents = listParents(key)
    if (parents.length >= DEPTH_LIMIT) return `has directories nested deeper than ${DEPTH_LIMIT}`
    const leaf = [...parents, key].find((one) => this.#leaves.has(one))
    if (leaf === key && kind !== 'directory')
      return `has ${shown}, which is duplicated, and readers disagree which entry counts`
    // A link in the place of a directory would lead elsewhere.
    const isTaken = kind !== 'directory' && this.#directories.has(key)
    if (leaf !== undefined || isTaken)
      return `has ${quoteShort(leaf ?? path)} as a directory and as something else`
    for (const parent of parents) this.#directories.add(parent)
    if (kind === 'directory') this.#directories.add(key)
    else this.#leaves.add(key)
    return undefined
  }
}

function listParents(path: string): string[] {
  const parents: string[] = []
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
    parents.push(path.slice(0, slash))
    if (parents.length >= DEPTH_LIMIT) break
  }
  return parents
}

/** A path as file systems compare it that ignore case, composition, invisible characters, streams, and dots and blanks at an end. */
const foldPath = (path: string): string =>
  path
    .split('/')
    .map((name) =>
      name
        .normalize('NFKC')
        .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
        .replace(/:.*$/s, '')
        .replace(/[. ]+$/, '')
        .toUpperCase()
        .toLowerCase(),
    )
    .join('/')

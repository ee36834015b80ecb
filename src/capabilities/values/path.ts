/** A directory as the module sees it, absolute or `.`, and whether it is read-only or writable. */
export interface Directory {
  readonly guest: string
  readonly mode: 'ro' | 'rw'
}

interface Node {
  readonly below: Map<string, Node>
  mode?: Directory['mode']
}

/**
 * Directories with what is below them. `.` is where the module starts, which may be anywhere: it holds nothing but itself, and
 * `/` does not hold it. Names are compared byte by byte.
 */
export class DirectorySet {
  readonly #root: Node = { below: new Map() }

  constructor(directories: readonly Directory[]) {
    for (const { guest, mode } of directories) {
      let node = this.#root
      for (const name of splitPath(guest)) {
        const next = node.below.get(name) ?? { below: new Map() }
        node.below.set(name, next)
        node = next
      }
      if (node.mode !== 'rw') node.mode = mode
    }
  }

  /** Whether the directory, or one above it, is in the set and lets as much be done. */
  contains({ guest, mode }: Directory): boolean {
    let node: Node | undefined = this.#root
    for (const name of splitPath(guest)) {
      node = node.below.get(name)
      if (node === undefined) return false
      if (node.mode === 'rw' || node.mode === mode) return true
    }
    return false
  }
}

/** What stands for the root comes first, so that `.` is beside it. */
const splitPath = (guest: string): readonly string[] =>
  guest === '.' ? ['.'] : ['/', ...guest.split('/').filter((name) => name !== '')]

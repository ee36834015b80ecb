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
 * Directories with everything below them. `.` is the initial working directory, which may be anywhere: it contains only itself, and
 * `/` does not contain it. Names are compared byte by byte.
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

  /** Whether the set contains the directory, or one above it, with the same access or more. */
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

/** The root comes first as `/`, so that `.` is its sibling. */
const splitPath = (guest: string): readonly string[] =>
  guest === '.' ? ['.'] : ['/', ...guest.split('/').filter((name) => name !== '')]

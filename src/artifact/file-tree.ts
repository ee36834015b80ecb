import { posix } from 'node:path'

import type { TarEntry } from '../tar/entries.ts'
import { AMBIGUOUS, malformedLayer } from './unpack-layer.ts'

type Entry = Pick<TarEntry, 'path' | 'kind' | 'target' | 'isSymbolic'>

/**
 * The names in all layers of an artifact together. It holds no content: it decides whether every reader, whatever it makes of links,
 * whiteouts and layers on top of each other, finds the same module under the same name.
 */
export class FileTree {
  readonly #directories = new Set<string>()
  readonly #others = new Set<string>()
  readonly #links = new Set<string>()
  /** By path: in how many layers. */
  readonly #layers = new Map<string, number>()
  #inLayer = new Map<string, TarEntry['kind']>()
  #entries = 0

  startLayer(): void {
    this.#inLayer = new Map()
  }

  /** Throws ARTIFACT_MALFORMED for an entry that two readers understand differently. */
  add({ path, kind, target, isSymbolic }: Entry, isModule: boolean): void {
    const shown = JSON.stringify(path.slice(0, 80))
    if (++this.#entries > ENTRIES_LIMIT)
      throw malformedLayer(`has entry ${ENTRIES_LIMIT + 1} of the artifact`, AMBIGUOUS)
    const name = posix.basename(path)
    if (path.split('/').some((part) => part.startsWith('.wh.')))
      throw malformedLayer(`holds the whiteout ${shown}, which some readers ignore`, AMBIGUOUS)
    // macOS writes its attributes of a file beside it.
    const looksLikeModule = /\.wasm$/i.test(name) && !name.startsWith('._') && kind !== 'directory'
    if (looksLikeModule && kind !== 'file')
      throw malformedLayer(`holds ${shown}, which is not a regular file`, AMBIGUOUS)
    if (looksLikeModule && !isModule)
      throw malformedLayer(`holds ${shown}, which is not a WebAssembly module`, AMBIGUOUS)
    const before = this.#inLayer.get(path)
    if (before !== undefined && !(before === 'directory' && kind === 'directory'))
      throw malformedLayer(`holds ${shown} twice`, AMBIGUOUS)
    this.#inLayer.set(path, kind)
    this.#layers.set(path, (this.#layers.get(path) ?? 0) + 1)
    ;(kind === 'directory' ? this.#directories : this.#others).add(path)
    if (kind === 'link') this.#links.add(resolveLink(path, target ?? '', isSymbolic))
  }

  has(path: string): boolean {
    return this.#layers.has(path)
  }

  /** Whether at most one path ends in this name. */
  isOnlyName(name: string): boolean {
    let found = 0
    for (const path of this.#others) if (posix.basename(path) === name && ++found > 1) return false
    return true
  }

  /** Throws ARTIFACT_MALFORMED if the module at the path, or another entry, has a second meaning. */
  check(modulePath: string | undefined): void {
    for (const path of this.#layers.keys())
      for (let above = posix.dirname(path); above !== '.'; above = posix.dirname(above))
        if (this.#others.has(above))
          throw malformedLayer(
            `holds ${JSON.stringify(path.slice(0, 80))} below an entry that is not a directory`,
            AMBIGUOUS,
          )
    if (modulePath === undefined) return
    const shown = JSON.stringify(modulePath.slice(0, 80))
    if (this.#layers.get(modulePath) !== 1)
      throw malformedLayer(`holds ${shown}, which another layer replaces`, AMBIGUOUS)
    if (this.#links.has(modulePath)) throw malformedLayer(`holds a link to the module ${shown}`, AMBIGUOUS)
  }
}

const ENTRIES_LIMIT = 100_000

const resolveLink = (path: string, target: string, isSymbolic: boolean): string =>
  posix.join('/', isSymbolic && !target.startsWith('/') ? posix.dirname(path) : '', target).slice(1)

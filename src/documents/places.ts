import type { Located } from './located.ts'

/** Where a key or an item stands in a file, both counted from 1, and how many characters of its line it takes. */
export interface Place {
  readonly line: number
  readonly column: number
  readonly length: number
}

/** The places of a document by their paths. What is not in it has the place of the nearest that is around it. */
export class Places {
  readonly #places = new Map<string, Place>()

  constructor(document: Located) {
    this.#add(document, document.at, 1)
  }

  of(path: string): Place {
    for (let at = path; at !== ''; at = at.slice(0, Math.max(at.lastIndexOf('.'), at.lastIndexOf('['), 0))) {
      const place = this.#places.get(at)
      if (place !== undefined) return place
    }
    return this.#places.get('')!
  }

  #add(value: Located, at: string, length: number): void {
    const [, line, column] = /:(\d+):(\d+)$/.exec(at) ?? []
    this.#places.set(value.path, { line: Number(line ?? 1), column: Number(column ?? 1), length })
    if (value.kind === 'list') for (const item of value.items) this.#add(item, item.at, lengthOf(item))
    if (value.kind === 'map')
      for (const entry of value.entries) this.#add(entry.value, entry.at, entry.key.length)
  }
}

const lengthOf = (item: Located): number =>
  item.kind === 'scalar' && typeof item.value === 'string' && item.value !== '' ? item.value.length : 1

/** A part of a document: `policy.yaml`, `policy.yaml:12:5`, `spec.ceiling.http.outgoing.hosts`. */
export interface DocumentPlace {
  readonly file: string
  readonly at: string
  readonly path: string
}

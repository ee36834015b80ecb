import type { SourceNode } from './source-node.ts'

/** The position of a key or an item in a file; `line` and `column` count from 1, `length` is in characters. */
export interface SourcePosition {
  readonly line: number
  readonly column: number
  readonly length: number
}

/** Positions of the parts of a document by their paths; a part that is absent has the position of the nearest one around it. */
export class SourceMap {
  readonly #positions = new Map<string, SourcePosition>()

  constructor(document: SourceNode) {
    this.#add(document, document.at, 1)
  }

  of(path: string): SourcePosition {
    for (let at = path; at !== ''; at = at.slice(0, Math.max(at.lastIndexOf('.'), at.lastIndexOf('['), 0))) {
      const position = this.#positions.get(at)
      if (position !== undefined) return position
    }
    return this.#positions.get('')!
  }

  #add(value: SourceNode, at: string, length: number): void {
    const [, line, column] = /:(\d+):(\d+)$/.exec(at) ?? []
    this.#positions.set(value.path, { line: Number(line ?? 1), column: Number(column ?? 1), length })
    if (value.kind === 'list') for (const item of value.items) this.#add(item, item.at, measureItem(item))
    if (value.kind === 'map')
      for (const entry of value.entries) this.#add(entry.value, entry.at, entry.key.length)
  }
}

const measureItem = (item: SourceNode): number =>
  item.kind === 'scalar' && typeof item.value === 'string' && item.value !== '' ? item.value.length : 1

/** The location of a part of a document: `policy.yaml`, `policy.yaml:12:5`, `spec.ceiling.http.outgoing.hosts`. */
export interface SourceLocation {
  readonly file: string
  readonly at: string
  readonly path: string
}

import { Composer, isMap, isScalar, isSeq, LineCounter, Parser, type Document, type Node } from 'yaml'

import { printable, quoted } from '../printable.ts'
import { keyPath, type SourceNode, type MapNode, type Problem } from './source-node.ts'
import { findTooDeep } from './yaml-depth.ts'

/** In UTF-16 code units, for the whole text with all documents and comments. */
export const YAML_TEXT_LIMIT = 128 * 1024
const DEPTH_LIMIT = 32

/** The `kind` of a document. */
export function readKind(document: SourceNode): unknown {
  const kind =
    document.kind === 'map' ? document.entries.find((entry) => entry.key === 'kind')?.value : undefined
  return kind?.kind === 'scalar' ? kind.value : undefined
}

/** Parses the documents of one text into nodes with positions, and collects the problems. */
export class YamlReader {
  readonly problems: Problem[] = []
  readonly #lines = new LineCounter()
  readonly #file: string

  constructor(file: string) {
    this.#file = printable(file)
  }

  report(at: string, message: string, path = ''): void {
    this.problems.push({ at, path, message })
  }

  positionAt(offset: number): string {
    const { line, col } = this.#lines.linePos(offset)
    return `${this.#file}:${Math.max(line, 1)}:${Math.max(col, 1)}`
  }

  /** All documents but empty ones and ones with syntax errors. */
  read(text: string): SourceNode[] {
    if (text.length > YAML_TEXT_LIMIT) {
      this.report(
        this.positionAt(0),
        `the text has ${text.length} characters, expected at most ${YAML_TEXT_LIMIT}`,
      )
      return []
    }
    const tokens = [...new Parser(this.#lines.addNewLine).parse(text)]
    const deep = findTooDeep(tokens, DEPTH_LIMIT)
    if (deep !== undefined) {
      this.report(this.positionAt(deep), `nested more than ${DEPTH_LIMIT} levels deep`)
      return []
    }
    // Duplicate keys are found here in linear time; aliases are refused, so nothing expands.
    const composer = new Composer({ version: '1.2', schema: 'core', uniqueKeys: false, merge: false })
    return [...composer.compose(tokens)].flatMap((document) => this.#document(document))
  }

  #document(document: Document.Parsed): SourceNode[] {
    for (const { pos, message } of document.errors)
      this.report(this.positionAt(pos[0]), takeFirstLine(message))
    if (document.directives.yaml.explicit === true && document.directives.yaml.version !== '1.2')
      this.report(this.positionAt(document.range[0]), 'expected YAML 1.2')
    if (document.errors.length > 0 || document.contents === null) return []
    return isScalar(document.contents) && document.contents.value === null
      ? []
      : [this.#node(document.contents, '')]
  }

  #node(node: Node, path: string): SourceNode {
    const at = this.positionAt(node.range?.[0] ?? 0)
    const scalar = { kind: 'scalar', at, path, value: undefined } as const
    if (!isMap(node) && !isSeq(node) && !isScalar(node)) {
      this.report(at, 'aliases (*name) are not supported: write the value out', path)
      return scalar
    }
    if (node.anchor !== undefined)
      this.report(at, `anchors (&${quoted(node.anchor)}) are not supported`, path)
    if (node.tag !== undefined) this.report(at, `tags (${quoted(node.tag)}) are not supported`, path)
    if (isScalar(node)) return { ...scalar, value: node.value }
    if (isSeq(node)) {
      const items = node.items.map((item, index) => this.#node(item as Node, `${path}[${index}]`))
      return { kind: 'list', at, path, items }
    }
    return { kind: 'map', at, path, entries: this.#entries(node.items, path) }
  }

  #entries(pairs: readonly { key: unknown; value: unknown }[], path: string): MapNode['entries'] {
    const seen = new Set<string>()
    return pairs.flatMap(({ key, value }) => {
      const name = this.#node(key as Node, path)
      if (name.kind !== 'scalar' || typeof name.value !== 'string') {
        this.report(name.at, 'found a key that is not text, expected text', path)
        return []
      }
      if (seen.has(name.value))
        this.report(name.at, `the key ${quoted(name.value.slice(0, 80))} is repeated`, path)
      seen.add(name.value)
      const childPath = keyPath(path, name.value)
      const child: SourceNode =
        value === null
          ? { kind: 'scalar', at: name.at, path: childPath, value: null }
          : this.#node(value as Node, childPath)
      return [{ key: name.value, at: name.at, value: child }]
    })
  }
}

const takeFirstLine = (message: string): string => printable(message.split('\n', 1)[0]!)

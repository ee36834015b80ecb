import { Composer, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, Parser, type Scalar } from 'yaml'

import { WasmpackError } from '../errors.ts'
import { printable, quoted } from '../printable.ts'
import { findTooDeep } from './yaml-depth.ts'

/** In UTF-16 code units. */
export const EDITABLE_TEXT_LIMIT = 16 * 1024 * 1024
const DEPTH_LIMIT = 100
const DOCUMENT_LIMIT = 10_000
const MERGED_LIMIT = 100_000

/** Readers of YAML 1.1, such as that of Kubernetes, break lines here, so that what is a comment for others has fields. */
const OTHER_LINE_BREAK = /\r(?!\n)|[\u0085\u2028\u2029]/

type Anchors = Map<string, Node>

/** A value of a text that can be edited in place. An alias is the value that it names, so values may be shared and form circles. */
export type EditableNode = EditableMap | EditableList | EditableScalar

export interface EditableMap {
  readonly kind: 'map'
  /** With what merge keys bring in. */
  readonly entries: ReadonlyMap<string, EditableNode>
}

export interface EditableList {
  readonly kind: 'list'
  readonly items: readonly EditableNode[]
}

export interface EditableScalar {
  readonly kind: 'scalar'
  readonly value: unknown
  /** Counted from 1. */
  readonly line: number
  /** What follows `#` on the line where the value ends; empty without a comment. */
  readonly comment: string
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/**
 * YAML of one file whose values are replaced without a change to anything else. It is read as Kubernetes' own reader reads it, with
 * anchors, aliases and merge keys; whatever two readers could take for different values is refused: repeated keys, tags, keys that are
 * no text, a merge key after a key that it brings in, line breaks of YAML 1.1, `{?key: 1}` and `{key:, other: 1}`.
 */
export class EditableYaml {
  readonly documents: readonly EditableNode[]
  readonly #text: string
  readonly #file: string
  readonly #lines = new LineCounter()
  readonly #ranges = new Map<EditableScalar, readonly [number, number]>()
  readonly #edits = new Map<EditableScalar, string>()
  readonly #converted = new Map<Node, EditableNode>()
  #mergedEntries = 0

  /** Throws FILE_UNREADABLE with the position of what cannot be read. */
  constructor(file: string, text: string) {
    this.#text = text
    this.#file = printable(file)
    this.documents = this.#read()
  }

  /** The text of a scalar becomes another; its quotes and comments stay. Throws FILE_UNREADABLE if it is written with escapes. */
  replace(scalar: EditableScalar, replacement: string): void {
    const [start, end] = this.#ranges.get(scalar)!
    const written = String(scalar.value)
    if (this.#text.slice(start, end).split(written).length !== 2)
      throw this.#unreadable(start, `${quoted(written)} is written with escapes or over several lines`)
    this.#edits.set(scalar, replacement)
  }

  isChanged(): boolean {
    return this.#edits.size > 0
  }

  /** The text with all replacements; byte for byte the same without one. */
  toString(): string {
    const edits = [...this.#edits].map(([scalar, replacement]) => ({
      range: this.#ranges.get(scalar)!,
      written: String(scalar.value),
      replacement,
    }))
    let end = this.#text.length
    const parts: string[] = []
    for (const { range, written, replacement } of edits.toSorted(
      (one, other) => other.range[0] - one.range[0],
    )) {
      const at = this.#text.indexOf(written, range[0])
      parts.push(this.#text.slice(at + written.length, end), replacement)
      end = at
    }
    return [...parts, this.#text.slice(0, end)].toReversed().join('')
  }

  #read(): EditableNode[] {
    if (this.#text.length > EDITABLE_TEXT_LIMIT)
      throw this.#unreadable(
        0,
        `the text has ${this.#text.length} characters, expected at most ${EDITABLE_TEXT_LIMIT}`,
      )
    const tokens = [...new Parser(this.#lines.addNewLine).parse(this.#text)]
    const lineBreak = this.#text.search(OTHER_LINE_BREAK)
    if (lineBreak >= 0)
      throw this.#unreadable(
        lineBreak,
        'found a line break of YAML 1.1, which ends a comment for some readers',
      )
    const deep = findTooDeep(tokens, DEPTH_LIMIT)
    if (deep !== undefined) throw this.#unreadable(deep, `nested more than ${DEPTH_LIMIT} levels deep`)
    const composer = new Composer({ version: '1.2', schema: 'core', uniqueKeys: false, merge: false })
    const documents = [...composer.compose(tokens)]
    if (documents.length > DOCUMENT_LIMIT)
      throw this.#unreadable(
        0,
        `the text has ${documents.length} documents, expected at most ${DOCUMENT_LIMIT}`,
      )
    return documents.flatMap((document) => {
      const [problem] = [...document.errors, ...document.warnings]
      if (problem !== undefined)
        throw this.#unreadable(problem.pos[0], printable(problem.message.split('\n', 1)[0]!))
      return document.contents === null ? [] : [this.#convert(document.contents, new Map())]
    })
  }

  /** In the order of the text, so that an alias finds the last anchor of its name before it. */
  #convert(node: Node, anchors: Anchors): EditableNode {
    const offset = node.range?.[0] ?? 0
    if (isAlias(node)) {
      const named = anchors.get(node.source)
      if (named === undefined) throw this.#unreadable(offset, `no anchor ${quoted(node.source)}`)
      return this.#converted.get(named)!
    }
    if (!isMap(node) && !isSeq(node) && !isScalar(node)) throw this.#unreadable(offset, 'found no value')
    if (node.tag !== undefined && !CORE_TAGS.has(node.tag))
      throw this.#unreadable(offset, `tags (${quoted(node.tag)}) are not supported: write the value out`)
    if (node.anchor !== undefined) anchors.set(node.anchor, node)
    if (isScalar(node)) return this.#convertScalar(node)
    if (isSeq(node)) {
      const items: EditableNode[] = []
      const list: EditableList = { kind: 'list', items }
      this.#converted.set(node, list)
      for (const item of node.items) items.push(this.#convert(item as Node, anchors))
      return list
    }
    const map: Mutable<EditableMap> = { kind: 'map', entries: new Map() }
    this.#converted.set(node, map)
    map.entries = this.#convertEntries(node.items, anchors)
    return map
  }

  #convertScalar(node: Scalar): EditableScalar {
    const [start = 0, end = 0] = node.range ?? []
    if (node.type === 'PLAIN' && node.source?.startsWith('?') === true)
      throw this.#unreadable(start, 'a text that begins with ? is a key for some readers: put it in quotes')
    const rest = this.#text.slice(end, this.#lineEnd(end))
    const scalar: EditableScalar = {
      kind: 'scalar',
      value: node.value,
      line: Math.max(this.#lines.linePos(start).line, 1),
      comment: /(?:^|\s)#(.*)$/.exec(rest)?.[1]?.trim() ?? '',
    }
    this.#ranges.set(scalar, [start, end])
    this.#converted.set(node, scalar)
    return scalar
  }

  #lineEnd(offset: number): number {
    const at = this.#text.indexOf('\n', offset)
    return at < 0 ? this.#text.length : at
  }

  #convertEntries(
    pairs: readonly { key: unknown; value: unknown }[],
    anchors: Anchors,
  ): ReadonlyMap<string, EditableNode> {
    const own = new Map<string, EditableNode>()
    let merged: ReadonlyMap<string, EditableNode> | undefined
    for (const { key, value } of pairs) {
      const name = this.#convert(key as Node, anchors)
      const offset = (key as Node).range?.[0] ?? 0
      if ((key as Node).tag !== undefined) throw this.#unreadable(offset, 'found a key with a tag')
      if (name.kind !== 'scalar') throw this.#unreadable(offset, 'found a key that is not text')
      const text = String(name.value)
      if (this.#hasAdjacentColon(key as Node))
        throw this.#unreadable(
          offset,
          `the colon after ${quoted(text.slice(0, 80))} is part of the key for some readers: write a space after it`,
        )
      const child =
        value === null
          ? { kind: 'scalar' as const, value: null, line: name.line, comment: '' }
          : this.#convert(value as Node, anchors)
      if (text === '<<') {
        if (merged !== undefined) throw this.#unreadable(offset, 'the merge key (<<) is repeated')
        if ((key as Scalar).type !== 'PLAIN')
          throw this.#unreadable(offset, 'a merge key (<<) in quotes is a field for some readers')
        merged = this.#inherit(child)
        const repeated = [...own.keys()].find((name) => merged!.has(name))
        if (repeated !== undefined)
          throw this.#unreadable(
            offset,
            `the merge key (<<) brings in ${quoted(repeated.slice(0, 80))} again: write it before that key`,
          )
      } else if (own.has(text))
        throw this.#unreadable(offset, `the key ${quoted(text.slice(0, 80))} is repeated`)
      else own.set(text, child)
    }
    return merged === undefined ? own : new Map([...merged, ...own])
  }

  /** Whether `,` or a bracket follows the colon of a key without quotes, as in `{key:, other: 1}`. */
  #hasAdjacentColon(key: Node): boolean {
    return (
      isScalar(key) &&
      key.type === 'PLAIN' &&
      key.range !== undefined &&
      key.range !== null &&
      /^\s*:[,[\]{}]/.test(this.#text.slice(key.range[1], this.#lineEnd(key.range[1])))
    )
  }

  /** What a merge key brings in; of several maps, the first that has a key counts. */
  #inherit(from: EditableNode): ReadonlyMap<string, EditableNode> {
    const inherited = (from.kind === 'list' ? from.items : [from])
      .toReversed()
      .flatMap((map) => (map.kind === 'map' ? Array.from(map.entries) : []))
    this.#mergedEntries += inherited.length
    if (this.#mergedEntries > MERGED_LIMIT)
      throw this.#unreadable(0, `merge keys bring in more than ${MERGED_LIMIT} values`)
    return new Map(inherited)
  }

  #unreadable(offset: number, problem: string): WasmpackError {
    const { line, col } = this.#lines.linePos(offset)
    return new WasmpackError(
      'FILE_UNREADABLE',
      `${this.#file}:${Math.max(line, 1)}:${Math.max(col, 1)}: ${problem}`,
      { hint: 'only YAML and JSON that every reader takes for the same objects is read' },
    )
  }
}

const CORE_TAGS = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`),
)

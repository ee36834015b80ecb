import { type ErrorCode, WasmpackError } from '../errors.ts'
import { printable } from '../printable.ts'
import { countMore } from '../listing.ts'

/** A value of a document with its position, which error messages name. */
export type SourceNode = ScalarNode | ListNode | MapNode

interface Positioned {
  /** `file:line:column`, or the name of a source without lines. */
  readonly at: string
  /** `spec.grants.filesystem[0]`; empty for the document itself. */
  readonly path: string
}

export interface ScalarNode extends Positioned {
  readonly kind: 'scalar'
  readonly value: unknown
}

export interface ListNode extends Positioned {
  readonly kind: 'list'
  readonly items: readonly SourceNode[]
}

export interface MapNode extends Positioned {
  readonly kind: 'map'
  readonly entries: readonly { readonly key: string; readonly at: string; readonly value: SourceNode }[]
}

export interface Problem {
  readonly at: string
  readonly path: string
  readonly message: string
}

/** The path of a key in the mapping at a path. */
export const keyPath = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`)

/** The nodes of a JSON value, all at one position. */
export function toSourceNode(value: unknown, at: string, path = ''): SourceNode {
  if (Array.isArray(value))
    return {
      kind: 'list',
      at,
      path,
      items: value.map((item, index) => toSourceNode(item, at, `${path}[${index}]`)),
    }
  if (typeof value === 'object' && value !== null)
    return {
      kind: 'map',
      at,
      path,
      entries: Object.entries(value).map(([key, child]) => ({
        key,
        at,
        value: toSourceNode(child, at, keyPath(path, key)),
      })),
    }
  return { kind: 'scalar', at, path, value }
}

const SHOWN_PROBLEMS = 20

/** One error with all problems of a file, each on its own line with its position. */
export function invalidDocument(
  code: ErrorCode,
  file: string,
  problems: readonly Problem[],
  { what, hint }: { readonly what: string; readonly hint: string },
): WasmpackError {
  const collator = new Intl.Collator('en', { numeric: true })
  const sorted = [...problems].sort((one, other) => collator.compare(one.at, other.at))
  const lines = sorted.slice(0, SHOWN_PROBLEMS).map(({ at, message }) => `${at}: ${message}`)
  lines.push(...countMore(problems.length - lines.length))
  const message =
    lines.length === 1 ? lines[0]! : `${printable(file)} is not a valid ${what}:\n  ${lines.join('\n  ')}`
  return new WasmpackError(code, message, { hint, details: { file, problems: sorted } })
}

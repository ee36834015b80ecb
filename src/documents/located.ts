import { type ErrorCode, WasmpackError } from '../errors.ts'
import { printable } from '../printable.ts'

/** A value of a document with the place where it stands, so that every problem can name it. */
export type Located = LocatedScalar | LocatedList | LocatedMap

interface Placed {
  /** `file:line:column`, or the name of what has no lines. */
  readonly at: string
  /** `spec.grants.filesystem[0]`; empty for the document itself. */
  readonly path: string
}

export interface LocatedScalar extends Placed {
  readonly kind: 'scalar'
  readonly value: unknown
}

export interface LocatedList extends Placed {
  readonly kind: 'list'
  readonly items: readonly Located[]
}

export interface LocatedMap extends Placed {
  readonly kind: 'map'
  readonly entries: readonly { readonly key: string; readonly at: string; readonly value: Located }[]
}

export interface Problem {
  readonly at: string
  readonly path: string
  readonly message: string
}

/** Of a key below a path. */
export const keyPath = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`)

/** A plain JSON value, all of it at one place. */
export function locateJson(value: unknown, at: string, path = ''): Located {
  if (Array.isArray(value))
    return {
      kind: 'list',
      at,
      path,
      items: value.map((item, index) => locateJson(item, at, `${path}[${index}]`)),
    }
  if (typeof value === 'object' && value !== null)
    return {
      kind: 'map',
      at,
      path,
      entries: Object.entries(value).map(([key, child]) => ({
        key,
        at,
        value: locateJson(child, at, keyPath(path, key)),
      })),
    }
  return { kind: 'scalar', at, path, value }
}

const SHOWN_PROBLEMS = 20

/** All problems of a file as one error: each on its line, each with its place. */
export function invalidDocument(
  code: ErrorCode,
  file: string,
  problems: readonly Problem[],
  { what, hint }: { readonly what: string; readonly hint: string },
): WasmpackError {
  const places = new Intl.Collator('en', { numeric: true })
  const sorted = [...problems].sort((one, other) => places.compare(one.at, other.at))
  const lines = sorted.slice(0, SHOWN_PROBLEMS).map(({ at, message }) => `${at}: ${message}`)
  if (problems.length > lines.length) lines.push(`and ${problems.length - lines.length} more`)
  const message =
    lines.length === 1 ? lines[0]! : `${printable(file)} is not a valid ${what}:\n  ${lines.join('\n  ')}`
  return new WasmpackError(code, message, { hint, details: { file, problems: sorted } })
}

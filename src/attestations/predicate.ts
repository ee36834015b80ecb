import { WasmpackError } from '../errors.ts'
import { isRecord, MalformedJson, parseJson } from '../json.ts'

/**
 * Reads a predicate as it will be read inside its statement, one level deeper. Throws PREDICATE_INVALID for anything but one JSON
 * object that all readers read alike.
 */
export function parsePredicate(bytes: Uint8Array, what: string): Readonly<Record<string, unknown>> {
  const refuse = (problem: string, cause?: unknown): WasmpackError =>
    new WasmpackError('PREDICATE_INVALID', `${what} ${problem}`, {
      cause,
      hint: 'a predicate is one JSON object, each key once, nested at most 31 levels',
    })
  let list: unknown
  try {
    list = parseJson(Buffer.concat([Buffer.from('['), bytes, Buffer.from(']')]), what)
  } catch (error) {
    throw error instanceof MalformedJson ? refuse(error.problem, error) : error
  }
  const [value] = Array.isArray(list) && list.length === 1 ? (list as unknown[]) : []
  if (!isRecord(value)) throw refuse('is not a JSON object')
  return value
}

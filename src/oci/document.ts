import { WasmpackError } from '../errors.ts'
import { foldCase, isRecord, MalformedJson, parseJson } from '../json.ts'

/** The error for a malformed document, or a place in one; `problem` completes the sentence. */
export const malformedDocument = (where: string, problem: string, cause?: unknown): WasmpackError =>
  new WasmpackError('ARTIFACT_MALFORMED', `${where} ${problem}`, {
    cause,
    hint:
      cause instanceof MalformedJson && cause.isHtml
        ? 'a proxy or a login page may have answered in place of the registry'
        : 'it was not written by a conforming tool, or it was tampered with',
  })

/** Parses a JSON object of an artifact, a layout or a registry. Throws ARTIFACT_MALFORMED. */
export function parseDocument(bytes: Uint8Array, what: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = parseJson(bytes, what)
  } catch (error) {
    throw error instanceof MalformedJson ? malformedDocument(what, error.problem, error) : error
  }
  if (!isRecord(value)) throw malformedDocument(what, 'is not a JSON object')
  return value
}

/** Refuses a key that equals a field except for case, since only some readers would take it for the field. */
export function refuseOtherCase(
  value: Readonly<Record<string, unknown>>,
  fields: readonly string[],
  where: string,
): void {
  const folded = new Map(fields.map((field) => [foldCase(field), field]))
  for (const key of Object.keys(value)) {
    const field = folded.get(foldCase(key))
    if (field !== undefined && field !== key)
      throw malformedDocument(
        where,
        `has the key ${JSON.stringify(key)}, which some parsers read as ${field}`,
      )
  }
}

/** Parses a map of strings; the result has no prototype, so that no key is an inherited property. */
export function parseAnnotations(value: unknown, where: string): Readonly<Record<string, string>> {
  if (!isRecord(value)) throw malformedDocument(where, 'is not an object')
  const annotations: Record<string, string> = Object.create(null)
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string')
      throw malformedDocument(`${where}[${JSON.stringify(key)}]`, 'is not a string')
    annotations[key] = text
  }
  return annotations
}

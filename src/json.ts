import { WasmpackError } from './errors.ts'

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const HINT = 'it was not written by a conforming tool, or it was tampered with'

const malformed = (what: string, problem: string): WasmpackError =>
  new WasmpackError('ARTIFACT_MALFORMED', `${what} ${problem}`, { hint: HINT })

const DEPTH_LIMIT = 32

/** As encoding/json of Go compares keys: regardless of case, the long s and the Kelvin sign included. */
const foldCase = (key: string): string => key.toUpperCase().toLowerCase()

/** Fields whose keys are the user's own words; everywhere else a key is the name of a field. */
const MAPS: ReadonlySet<string> = new Set(['annotations', 'labels'])

/**
 * Parses JSON that somebody else wrote, and refuses what two readers could read in two ways: invalid UTF-8, a byte order
 * mark, a key given twice (a field's also in another case, which Go treats as the same), and nesting above 32.
 */
export function parseJson(bytes: Uint8Array, what: string): unknown {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new WasmpackError('ARTIFACT_MALFORMED', `${what} is not valid UTF-8`, { cause, hint: HINT })
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    const start = text.trimStart().startsWith('<') ? 'is HTML, not JSON' : 'is not JSON'
    throw new WasmpackError('ARTIFACT_MALFORMED', `${what} ${start}`, {
      cause,
      hint: start.includes('HTML')
        ? 'a proxy or a login page may have answered in place of the registry'
        : HINT,
    })
  }
  refuseAmbiguity(text, what)
  return value
}

/** Walks text that JSON.parse has accepted, so only strings, brackets and colons need a look. */
function refuseAmbiguity(text: string, what: string): void {
  const open: ({ readonly keys: Set<string>; readonly isMap: boolean } | undefined)[] = []
  /** The last string, and the last key whose value may be what is opened next. */
  let string = ''
  let key = ''
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case '{':
      case '[':
        if (open.push(text[at] === '{' ? { keys: new Set(), isMap: MAPS.has(key) } : undefined) > DEPTH_LIMIT)
          throw malformed(what, `is nested deeper than ${DEPTH_LIMIT}`)
        key = ''
        break
      case '}':
      case ']':
        open.pop()
        break
      case ':': {
        const { keys, isMap } = open.at(-1)!
        key = isMap ? string : foldCase(string)
        if (keys.has(key)) throw malformed(what, `has the key ${JSON.stringify(string)} twice`)
        keys.add(key)
        break
      }
      case '"': {
        const start = at++
        while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
        string = JSON.parse(text.slice(start, at + 1)) as string
        break
      }
      default:
    }
  }
}

/** Refuses a key that is one of the fields in another case: it would be a field to some readers and none to others. */
export function refuseOtherCase(
  value: Readonly<Record<string, unknown>>,
  fields: readonly string[],
  where: string,
): void {
  const folded = new Map(fields.map((field) => [foldCase(field), field]))
  for (const key of Object.keys(value)) {
    const field = folded.get(foldCase(key))
    if (field !== undefined && field !== key)
      throw malformed(where, `has the key ${JSON.stringify(key)}, which some readers take for ${field}`)
  }
}

/** A map of strings without a prototype, so that no key can be mistaken for a property of objects. */
export function parseAnnotations(value: unknown, where: string): Readonly<Record<string, string>> {
  if (!isRecord(value)) throw malformed(where, 'is not an object')
  const annotations: Record<string, string> = Object.create(null)
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') throw malformed(`${where}[${JSON.stringify(key)}]`, 'is not a string')
    annotations[key] = text
  }
  return annotations
}

/** JSON with sorted keys and no spaces: the same value always has the same bytes. Values that are undefined are left out. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`
  if (isRecord(value)) {
    const fields = Object.keys(value)
      .filter((key) => value[key] !== undefined)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`)
    return `{${fields.join(',')}}`
  }
  return JSON.stringify(value)
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** JSON that cannot be read, or that two readers could read in two ways. `problem` follows the name of the document in a sentence. */
export class MalformedJson extends Error {
  override readonly name = 'MalformedJson'
  readonly problem: string
  /** A web page came instead. */
  readonly isHtml: boolean

  constructor(
    what: string,
    problem: string,
    { cause, isHtml = false }: { cause?: unknown; isHtml?: boolean } = {},
  ) {
    super(`${what} ${problem}`, { cause })
    this.problem = problem
    this.isHtml = isHtml
  }
}

const DEPTH_LIMIT = 32

/** A key as encoding/json of Go compares it: regardless of case, the long s and the Kelvin sign included. */
export const foldCase = (key: string): string => key.toUpperCase().toLowerCase()

/** Fields whose keys are the user's own words; everywhere else a key is the name of a field. */
const MAPS: ReadonlySet<string> = new Set(['annotations', 'labels'])

/**
 * Parses JSON that somebody else wrote. Throws {@link MalformedJson} for what is no JSON and for what two readers could read
 * in two ways: invalid UTF-8, a byte order mark, a key given twice (a field's also in another case, which Go treats as the
 * same), and nesting above 32. `what` names the document in messages.
 */
export function parseJson(bytes: Uint8Array, what: string): unknown {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new MalformedJson(what, 'is not valid UTF-8', { cause })
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    const isHtml = text.trimStart().startsWith('<')
    throw new MalformedJson(what, isHtml ? 'is HTML, not JSON' : 'is not JSON', { cause, isHtml })
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
          throw new MalformedJson(what, `is nested deeper than ${DEPTH_LIMIT}`)
        key = ''
        break
      case '}':
      case ']':
        open.pop()
        break
      case ':': {
        const { keys, isMap } = open.at(-1)!
        key = isMap ? string : foldCase(string)
        if (keys.has(key)) throw new MalformedJson(what, `has the key ${JSON.stringify(string)} twice`)
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

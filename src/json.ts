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
/** Of a document: an index of 50,000 manifests has fewer. Each takes some 100 bytes of memory. */
const VALUES_LIMIT = 1_000_000
/** Of one object. */
const KEYS_LIMIT = 100_000

/** A key as encoding/json of Go compares it: regardless of case, the long s and the Kelvin sign included. */
export const foldCase = (key: string): string =>
  IN_LOWER_CASE.test(key) ? key : key.toUpperCase().toLowerCase()

const IN_LOWER_CASE = /^[\x20-\x40\x5b-\x7e]*$/

/** Fields whose keys are the user's own words; everywhere else a key is the name of a field. */
const MAPS: ReadonlySet<string> = new Set(['annotations', 'labels'])

/**
 * Parses JSON that somebody else wrote. Throws {@link MalformedJson} for what is no JSON and for what two readers could read
 * in two ways: invalid UTF-8, a byte order mark, a key given twice (a field's also in another case, which Go treats as the
 * same); and, before any value is built, for nesting above 32, more than a million values and
 * objects with more than 100,000 keys. `what` names the document in messages.
 */
export function parseJson(bytes: Uint8Array, what: string): unknown {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new MalformedJson(what, 'is not valid UTF-8', { cause })
  }
  if (/^\s*</.test(text)) throw new MalformedJson(what, 'is HTML, not JSON', { isHtml: true })
  const duplicate = scan(text, what)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new MalformedJson(what, 'is not JSON', { cause })
  }
  if (duplicate !== undefined) throw new MalformedJson(what, `has the key ${JSON.stringify(duplicate)} twice`)
  return value
}

/** An object or an array that is open at a place of the text. */
interface Open {
  /** Of an object. */
  readonly keys: Set<string> | undefined
  readonly isMap: boolean
}

/**
 * Bounds the depth and the number of values of text that may be JSON, without building them. Returns the first key that is given twice,
 * which means something only if the text is JSON.
 */
function scan(text: string, what: string): string | undefined {
  const open: Open[] = []
  let values = 1
  let duplicate: string | undefined
  /** The last string, with its quotes, and the last key, whose value may be what is opened next. */
  let [start, end] = [0, 0]
  let key = ''
  for (let at = 0; at < text.length; at++)
    switch (text.charCodeAt(at)) {
      case BRACE:
      case BRACKET: {
        const isObject = text.charCodeAt(at) === BRACE
        if (open.length === DEPTH_LIMIT) throw new MalformedJson(what, `is nested deeper than ${DEPTH_LIMIT}`)
        open.push({ keys: isObject ? new Set() : undefined, isMap: isObject && MAPS.has(key) })
        key = ''
        if (++values > VALUES_LIMIT) throw tooManyValues(what)
        break
      }
      case CLOSING_BRACE:
      case CLOSING_BRACKET:
        open.pop()
        break
      case COMMA:
        key = ''
        if (++values > VALUES_LIMIT) throw tooManyValues(what)
        break
      case COLON: {
        const { keys, isMap } = open.at(-1) ?? NOTHING
        if (keys === undefined) return undefined
        const written = readString(text.slice(start, end))
        if (written === undefined) return undefined
        key = isMap ? written : foldCase(written)
        if (keys.has(key)) duplicate ??= written
        keys.add(key)
        if (keys.size > KEYS_LIMIT)
          throw new MalformedJson(what, `has an object with more than ${KEYS_LIMIT} keys`)
        break
      }
      case QUOTE:
        start = at++
        while (at < text.length && text.charCodeAt(at) !== QUOTE)
          at += text.charCodeAt(at) === BACKSLASH ? 2 : 1
        end = at + 1
        break
      default:
    }
  return duplicate
}

const [BRACE, BRACKET, CLOSING_BRACE, CLOSING_BRACKET] = [0x7b, 0x5b, 0x7d, 0x5d]
const [COMMA, COLON, QUOTE, BACKSLASH] = [0x2c, 0x3a, 0x22, 0x5c]
const NOTHING: Open = { keys: undefined, isMap: false }

const tooManyValues = (what: string): MalformedJson =>
  new MalformedJson(what, `has more than ${VALUES_LIMIT} values`)

/** Undefined for what is no string of JSON. */
function readString(quoted: string): string | undefined {
  if (!quoted.includes('\\')) return quoted.slice(1, -1)
  try {
    return JSON.parse(quoted) as string
  } catch {
    return undefined
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

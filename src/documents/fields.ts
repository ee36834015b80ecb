import { quoted } from '../printable.ts'
import { redactLocation } from '../redacted.ts'
import { matchesFormat, type ScalarFormat } from './scalar-format.ts'
import { keyPath, type SourceNode, type MapNode, type Problem } from './source-node.ts'

/** Collects the problems of a document: reading goes on after one, so that a run reports all of them. */
export type Problems = Problem[]

/** Adds a problem with the value. Returns undefined, so that a reader can return the call. */
export const report = (problems: Problems, { at, path }: SourceNode, message: string): undefined => {
  problems.push({ at, path, message: `${path === '' ? 'the document' : path} ${message}` })
}

/** Reads the value of one key; undefined if a problem was reported. */
export type Read<T> = (value: SourceNode, problems: Problems) => T | undefined

/** The values of a mapping, read on demand. */
export interface Fields {
  required<T>(key: string, read: Read<T>): T | undefined
  optional<T>(key: string, read: Read<T>): T | undefined
}

/** The fields of a mapping; reports keys that are not `known`, each with the most similar known key. */
export function readFields(
  value: SourceNode,
  known: readonly string[],
  problems: Problems,
): Fields | undefined {
  if (value.kind !== 'map') return report(problems, value, `is ${describe(value)}, expected a mapping`)
  for (const entry of value.entries)
    if (!known.includes(entry.key)) reportUnknownKey(value, entry, known, problems)
  const find = (key: string): SourceNode | undefined =>
    value.entries.find((entry) => entry.key === key)?.value
  return {
    required: (key, read) => {
      const found = find(key)
      return found === undefined ? report(problems, value, `lacks ${quoted(key)}`) : read(found, problems)
    },
    optional: (key, read) => {
      const found = find(key)
      return found === undefined ? undefined : read(found, problems)
    },
  }
}

type WithoutUndefined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> }

/** A copy without the keys whose value is undefined. */
export const omitUndefined = <T extends object>(fields: T): WithoutUndefined<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as WithoutUndefined<T>

function reportUnknownKey(
  map: MapNode,
  entry: MapNode['entries'][number],
  known: readonly string[],
  problems: Problems,
): void {
  const near = findNearest(entry.key, known)
  const advice = near === undefined ? `known are ${known.join(', ')}` : `did you mean ${quoted(near)}?`
  const where = map.path === '' ? '' : ` in ${map.path}`
  problems.push({
    at: entry.at,
    path: keyPath(map.path, entry.key),
    message: `unknown key ${quoted(entry.key.slice(0, 80))}${where}; ${advice}`,
  })
}

export const hasKey = (value: SourceNode, key: string): boolean =>
  value.kind === 'map' && value.entries.some((entry) => entry.key === key)

export const readText: Read<string> = (value, problems) =>
  value.kind === 'scalar' && typeof value.value === 'string'
    ? value.value
    : report(problems, value, `is ${describe(value)}, expected text${adviseQuotes(value)}`)

export const readMatching =
  (format: ScalarFormat): Read<string> =>
  (value, problems) => {
    const text = readText(value, problems)
    return text === undefined || matchesFormat(format, text)
      ? text
      : report(problems, value, `is ${describe(value)}, expected ${format.expected}`)
  }

export const readChoice =
  <const T extends string>(choices: readonly T[]): Read<T> =>
  (value, problems) => {
    const choice =
      value.kind === 'scalar' ? choices.find((candidate) => candidate === value.value) : undefined
    return (
      choice ?? report(problems, value, `is ${describe(value)}, expected ${describeChoices(choices, value)}`)
    )
  }

const SHOWN_CHOICES = 12

/** Lists the choices; if there are many, suggests the most similar one. */
function describeChoices(choices: readonly string[], value: SourceNode): string {
  const near =
    choices.length > SHOWN_CHOICES && value.kind === 'scalar'
      ? findNearest(`${value.value}`, choices)
      : undefined
  if (near !== undefined) return `a known name; did you mean ${quoted(near)}?`
  return `${choices.length > 1 ? 'one of ' : ''}${choices.join(', ')}`
}

export const readFlag: Read<boolean> = (value, problems) =>
  value.kind === 'scalar' && typeof value.value === 'boolean'
    ? value.value
    : report(problems, value, `is ${describe(value)}, expected true or false`)

/** A whole number that is at least `least`. */
export const readCount =
  (least: number): Read<number> =>
  (value, problems) =>
    value.kind === 'scalar' && Number.isSafeInteger(value.value) && (value.value as number) >= least
      ? (value.value as number)
      : report(problems, value, `is ${describe(value)}, expected a whole number of at least ${least}`)

interface ListOptions<T> {
  /** Refuses an empty list. */
  readonly filled?: boolean
  /** Items with the same identity are refused; by default an item is its own. */
  readonly identity?: (item: T) => unknown
}

export const readList =
  <T>(read: Read<T>, { filled = false, identity = (item) => item }: ListOptions<T> = {}): Read<T[]> =>
  (value, problems) => {
    if (value.kind !== 'list') return report(problems, value, `is ${describe(value)}, expected a list`)
    if (filled && value.items.length === 0) return report(problems, value, 'is empty')
    const seen = new Set<unknown>()
    return value.items.flatMap((node) => {
      const item = read(node, problems)
      if (item === undefined) return []
      if (seen.has(identity(item))) report(problems, node, 'repeats an earlier item')
      seen.add(identity(item))
      return [item]
    })
  }

/** A mapping with names of the author's own, at least one. */
export const readNamed =
  <T>(name: ScalarFormat, read: Read<T>): Read<ReadonlyMap<string, T>> =>
  (value, problems) => {
    if (value.kind !== 'map') return report(problems, value, `is ${describe(value)}, expected a mapping`)
    if (value.entries.length === 0) return report(problems, value, 'is empty')
    return new Map(
      value.entries.flatMap((entry) => {
        if (!matchesFormat(name, entry.key))
          problems.push({
            at: entry.at,
            path: entry.value.path,
            message: `${value.path} has the name ${quoted(entry.key.slice(0, 80))}, expected ${name.expected}`,
          })
        const item = read(entry.value, problems)
        return item === undefined ? [] : [[entry.key, item] as const]
      }),
    )
  }

function describe(value: SourceNode): string {
  if (value.kind !== 'scalar') return value.kind === 'list' ? 'a list' : 'a mapping'
  if (typeof value.value === 'string')
    return quoted((isInterfaceName(value.value) ? value.value : redactLocation(value.value)).slice(0, 80))
  return value.value === null || value.value === undefined ? 'empty' : `${value.value}`.slice(0, 80)
}

/** `wasi:http/types@0.2`, which looks like a URL with a user. */
const isInterfaceName = (text: string): boolean => /^[a-z][\w-]*(?::[\w-]+)+\/[\w-]+@\d/i.test(text)

const adviseQuotes = (value: SourceNode): string =>
  value.kind === 'scalar' && (typeof value.value === 'number' || typeof value.value === 'boolean')
    ? '; put it in quotes'
    : ''

/** The most similar known word, if it differs by a typing mistake or two. */
export function findNearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > 40) return undefined
  const best = known
    .map((candidate) => ({
      candidate,
      distance: measureDistance(word.toLowerCase(), candidate.toLowerCase()),
    }))
    .sort((left, right) => left.distance - right.distance)[0]
  return best !== undefined &&
    best.distance < word.length &&
    best.distance <= Math.max(2, best.candidate.length / 3)
    ? best.candidate
    : undefined
}

/** The Levenshtein distance. */
function measureDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let i = 1; i <= left.length; i++) {
    const next = [i]
    for (let j = 1; j <= right.length; j++)
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (left[i - 1] === right[j - 1] ? 0 : 1))
    row = next
  }
  return row[right.length]!
}

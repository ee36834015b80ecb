import { quoted, UNPRINTABLE } from '../../printable.ts'
import { listCatalogRows } from '../catalog/catalog.ts'
import type { RequestedImport } from '../catalog/classify.ts'
import { findLikeness } from './confusables.ts'
import { parseTrackedName } from '../catalog/interface-name.ts'
import { isStringConstant } from '../catalog/string-constants.ts'

/** In UTF-16 units; no known name is longer. */
const KNOWN_LENGTH = 200
const SHOWN_CHARACTERS = 4

/**
 * How an unknown import imitates a known one or hides characters of its name, as a clause for people; undefined if it does
 * neither. Such spellings are never accidental, except in string constants, whose names are data.
 */
export function describeImitation(request: RequestedImport): string | undefined {
  if (isStringConstant(request)) return undefined
  const [module, item] = splitRequest(request)
  const items = indexKnownItems().get(module)
  const original = items === undefined ? findOriginal(module, indexModulesBySkeleton()) : undefined
  if (original !== undefined) return describeReplacement(module, original)
  const imitated =
    items === undefined || items.names.has(item) ? undefined : findOriginal(item, items.bySkeleton)
  if (imitated !== undefined) return describeReplacement(item, imitated)
  return describeHidden(module) ?? describeHidden(item)
}

const splitRequest = (request: RequestedImport): readonly [module: string, item: string] =>
  request.from === 'core'
    ? [request.core.module, request.core.name]
    : [parseTrackedName(request.interface).name, request.function ?? '']

interface KnownItems {
  readonly names: ReadonlySet<string>
  readonly bySkeleton: ReadonlyMap<string, string>
}

let knownItems: ReadonlyMap<string, KnownItems> | undefined
let knownModules: ReadonlyMap<string, string> | undefined

/** The known items of each module or interface, across versions. */
function indexKnownItems(): ReadonlyMap<string, KnownItems> {
  if (knownItems !== undefined) return knownItems
  const items = new Map<string, { names: Set<string>; bySkeleton: Map<string, string> }>()
  for (const { module, name } of listCatalogRows()) {
    const base = parseTrackedName(module).name
    let own = items.get(base)
    if (own === undefined) items.set(base, (own = { names: new Set(), bySkeleton: new Map() }))
    if (own.names.has(name)) continue
    own.names.add(name)
    own.bySkeleton.set(computeSkeleton(name), name)
  }
  return (knownItems = items)
}

const indexModulesBySkeleton = (): ReadonlyMap<string, string> =>
  (knownModules ??= new Map([...indexKnownItems().keys()].map((module) => [computeSkeleton(module), module])))

const findOriginal = (name: string, originals: ReadonlyMap<string, string>): string | undefined =>
  name.length > KNOWN_LENGTH ? undefined : originals.get(computeSkeleton(name))

/** Equal for names that look alike. https://www.unicode.org/reports/tr39/#Confusable_Detection */
const computeSkeleton = (name: string): string =>
  [...name]
    .map((character) => findLikeness(character) ?? character)
    .join('')
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[\p{M}\s]/gu, '')
    .replace(UNPRINTABLE, '')
    .replace(/[^ -~]/gu, (character) => findLikeness(character) ?? character)
    .replace(/[1i|]/g, 'l')
    .replaceAll('0', 'o')
    .replaceAll('-', '_')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w')

/** Describes where two names differ. */
function describeReplacement(name: string, original: string): string {
  const [found, expected] = [[...name], [...original]]
  let start = 0
  while (start < found.length && found[start] === expected[start]) start++
  let end = 0
  const most = Math.min(found.length, expected.length) - start
  while (end < most && found.at(-1 - end) === expected.at(-1 - end)) end++
  const stands = found.slice(start, found.length - end).join('')
  const belongs = expected.slice(start, expected.length - end).join('')
  return `looks like ${quoted(original)}, but has ${formatCharacters(stands)} in place of ${formatCharacters(belongs)}`
}

/** Describes confusable letters or invisible characters in a name. */
function describeHidden(name: string): string | undefined {
  const [invisible] = name.match(UNPRINTABLE) ?? []
  if (invisible !== undefined) return `its name has the invisible character ${formatCodePoint(invisible)}`
  const alike = /[a-z]/i.test(name)
    ? [...name].find((letter) => /[a-z]/.test(findLikeness(letter) ?? ''))
    : undefined
  return alike === undefined
    ? undefined
    : `its name has ${formatCharacters(alike)}, which looks like ${formatCharacters(findLikeness(alike)!)}`
}

function formatCharacters(text: string): string {
  if (text === '') return 'nothing'
  if (/^[!-~]+$/.test(text)) return quoted(text)
  const characters = [...text]
  const shown = characters.slice(0, SHOWN_CHARACTERS).map(formatCodePoint).join(' ')
  return characters.length > SHOWN_CHARACTERS ? `${shown} ...` : shown
}

const formatCodePoint = (character: string): string =>
  `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`

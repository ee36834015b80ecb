import { catalogListings, type CatalogListing, classesOf, versioned } from '../catalog/catalog.ts'
import { CLASSES } from '../catalog/classes.ts'
import { findNearest } from '../../documents/fields.ts'
import { parseInterfaceName } from '../catalog/interface-name.ts'

const SHOWN = 5

interface Wanted {
  readonly name: string
  readonly function?: string
}

/** Names of the catalogue that somebody may have meant: functions called so, then those that are spelled nearly so. */
export function nearNames(text: string, { name, function: member }: Wanted): string[] {
  const listings = catalogListings()
  const base = parseInterfaceName(name).name
  const own = listings.filter((listing) => listing.name === base)
  const word = member ?? text
  const scope = own.length > 0 ? own : listings
  const called = membersCalled(word, scope)
  const spelt = called.length > 0 ? undefined : findNearest(word, memberNames(scope))
  const near = [
    findNearest(text, Object.keys(CLASSES)),
    ...called,
    ...(spelt === undefined ? [] : membersCalled(spelt, scope)),
    own.length > 0 ? undefined : findNearest(base, [...new Set(listings.map((listing) => listing.name))]),
  ]
  return [...new Set(near.filter((found) => found !== undefined))].slice(0, SHOWN)
}

/** `open-at` stands for `[method]descriptor.open-at` too. */
const membersCalled = (word: string, listings: readonly CatalogListing[]): string[] =>
  listings.flatMap((listing) =>
    [...classesOf(listing.functions).keys()]
      .filter((name) => name === word || name.endsWith(`.${word}`))
      .map((name) => shown(listing, name)),
  )

const memberNames = (listings: readonly CatalogListing[]): string[] => [
  ...new Set(listings.flatMap(({ functions }) => [...classesOf(functions).keys()])),
]

const shown = ({ kind, name, tracks }: CatalogListing, member: string): string =>
  kind === 'module' ? `${name}.${member}` : `${versioned(name, tracks[0] ?? '')}#${member}`

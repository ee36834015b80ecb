import { listCatalog, type CatalogListing, mapToClasses, appendTrack } from '../catalog/catalog.ts'
import { CLASSES } from '../catalog/classes.ts'
import { findNearest } from '../../documents/fields.ts'
import { parseTrackedName } from '../catalog/interface-name.ts'

const SHOWN = 5

interface MisspelledName {
  readonly name: string
  readonly function?: string
}

/** Similar names of the catalogue: functions with that name first, then similar spellings. */
export function findNearNames(text: string, { name, function: member }: MisspelledName): string[] {
  const listings = listCatalog().filter(({ kind }) => kind !== 'section')
  const base = parseTrackedName(name).name
  const own = listings.filter((listing) => listing.name === base)
  const word = member ?? text
  const scope = own.length > 0 ? own : listings
  const called = findMembers(word, scope)
  const spelt = called.length > 0 ? undefined : findNearest(word, listMemberNames(scope))
  const near = [
    findNearest(text, Object.keys(CLASSES)),
    ...called,
    ...(spelt === undefined ? [] : findMembers(spelt, scope)),
    own.length > 0 ? undefined : findNearest(base, [...new Set(listings.map((listing) => listing.name))]),
  ]
  return [...new Set(near.filter((found) => found !== undefined))].slice(0, SHOWN)
}

/** `open-at` also finds `[method]descriptor.open-at`. */
const findMembers = (word: string, listings: readonly CatalogListing[]): string[] =>
  listings.flatMap((listing) =>
    [...mapToClasses(listing.functions).keys()]
      .filter((name) => name === word || name.endsWith(`.${word}`))
      .map((name) => formatMember(listing, name)),
  )

const listMemberNames = (listings: readonly CatalogListing[]): string[] => [
  ...new Set(listings.flatMap(({ functions }) => [...mapToClasses(functions).keys()])),
]

const formatMember = ({ kind, name, tracks }: CatalogListing, member: string): string =>
  kind === 'module' ? `${name}.${member}` : `${appendTrack(name, tracks[0] ?? '')}#${member}`

import type { Asked } from './asked.ts'
import type { Session } from './store.ts'

export interface LocationSwitches {
  /** The Location of an upload session; `plain-http` is a TLS registry that does not know its own scheme. */
  readonly location?: 'relative' | 'absolute' | 'plain-http' | 'other-origin' | 'none'
}

/** Where an upload goes on; all but the relative ones hold the state of the session, and are good for one step. */
export function locationOf(
  asked: Asked,
  { location = 'relative' }: LocationSwitches,
  name: string,
  id: string,
  session: Session,
): string | undefined {
  const path = `/v2/${name}/blobs/uploads/${id}`
  const at = session.bytes.length === 0 ? '' : `&at=${session.bytes.length}`
  // Escapes that a URL parser would leave, and some that it would change.
  const state = `?_state=secret-state%2Ba%3D%3D&x=|${at}`
  switch (location) {
    case 'relative':
      return path
    case 'absolute':
      return asked.origin + path + state
    case 'plain-http':
      return asked.origin.replace('https:', 'http:') + path + state
    case 'other-origin':
      return `${asked.storage}${path}${state}`
    case 'none':
      return undefined
  }
}

/** Where something is that has been taken in: in the same form. */
export const contentLocation = (
  { origin }: Asked,
  { location = 'relative' }: LocationSwitches,
  path: string,
): string => (location === 'relative' || location === 'none' ? path : origin + path)

/** How many bytes the session held when the Location of this request was given out; undefined for a relative one. */
export const stateOf = ({ url }: Asked, { location = 'relative' }: LocationSwitches): number | undefined =>
  location === 'relative' ? undefined : Number(url.searchParams.get('at') ?? '0')

/** Whether the state of a session is there, where a Location has one. */
export const hasState = ({ url }: Asked, { location = 'relative' }: LocationSwitches): boolean =>
  location === 'relative' || location === 'none' || url.searchParams.has('_state')

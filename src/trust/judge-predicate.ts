import { matchesGlob } from '../documents/glob.ts'
import { isRecord } from '../json.ts'
import { quoted } from '../printable.ts'
import type { PredicateCondition } from './trust-policy.ts'

/** Why a predicate does not satisfy the conditions, as a phrase without a subject; undefined if it satisfies all. */
export function findPredicateFault(
  predicate: unknown,
  conditions: readonly PredicateCondition[],
): string | undefined {
  for (const { at, is } of conditions) {
    const found = readPointer(predicate, at)
    if (found === undefined) return `states nothing at ${at}, expected ${is}`
    const text = writeScalar(found)
    if (text === undefined)
      return `states ${Array.isArray(found) ? 'a list' : isRecord(found) ? 'an object' : `${found as null}`} at ${at}, expected ${is}`
    if (!matchesGlob(is, text)) return `states ${quoted(text.slice(0, SHOWN_TEXT))} at ${at}, expected ${is}`
  }
  return undefined
}

const SHOWN_TEXT = 120

/** The value at a JSON pointer; undefined if there is none. https://www.rfc-editor.org/rfc/rfc6901#section-4 */
function readPointer(document: unknown, pointer: string): unknown {
  let value = document
  for (const escaped of pointer.split('/').slice(1)) {
    const token = escaped.replaceAll('~1', '/').replaceAll('~0', '~')
    if (Array.isArray(value)) value = INDEX.test(token) ? (value as unknown[])[Number(token)] : undefined
    else value = isRecord(value) && Object.hasOwn(value, token) ? value[token] : undefined
    if (value === undefined) return undefined
  }
  return value
}

const INDEX = /^(?:0|[1-9][0-9]{0,8})$/

/** Undefined for lists, objects, null, and numbers that two readers could read as two. */
const writeScalar = (value: unknown): string | undefined =>
  typeof value === 'string'
    ? value
    : typeof value === 'boolean' || Number.isSafeInteger(value)
      ? `${value as boolean | number}`
      : undefined

import type { Problems } from '../../documents/fields.ts'
import type { SourceNode } from '../../documents/source-node.ts'
import { printable, quoted } from '../../printable.ts'
import type { GrantKey } from '../manifest/grant-table.ts'
import type { Allowance, Offer, Unexpressed } from './declaration.ts'

/** What one value of a declaration comes to. */
export type Translation =
  | { readonly offers: readonly Offer[] }
  | { readonly unexpressed: string }
  /** Completes "PATH is VALUE, expected ...". */
  | { readonly malformed: string }

/** Collects what a declaration allows, value by value. */
export class AllowanceList {
  readonly allowances: Allowance[] = []
  readonly unexpressed: Unexpressed[] = []

  add(node: SourceNode, value: string, translation: Translation, problems: Problems): void {
    const path = printable(node.path)
    const part = { at: node.at, path, value: value.slice(0, 200) }
    if ('offers' in translation) this.allowances.push({ ...part, offers: translation.offers })
    else if ('unexpressed' in translation) this.unexpressed.push({ ...part, reason: translation.unexpressed })
    else
      problems.push({
        at: node.at,
        path,
        message: `${path} is ${quoted(value.slice(0, 80))}, expected ${translation.malformed}`,
      })
  }
}

/** A name of the host's; a `*` in it would make the grant a prefix. */
export const translateName = (name: string, grants: readonly GrantKey[]): Translation =>
  name.includes('*')
    ? { unexpressed: 'a "*" in a grant stands for any name' }
    : { offers: grants.map((grant) => ({ grant, item: name })) }

/** A path of directories as patterns write it: `/data/**` is all of `/data`. Wildcards elsewhere choose files, which no grant does. */
export function translatePath(pattern: string, mode: 'ro' | 'rw'): Translation {
  const segments = pattern.split('/').filter((segment) => segment !== '' && segment !== '.')
  if (segments.includes('..')) return { malformed: 'a path without ".."' }
  while (segments.at(-1) === '**' || (segments.at(-1) === '*' && segments.at(-2) === '**')) segments.pop()
  return segments.some((segment) => /[*?[\]{}]/.test(segment))
    ? { unexpressed: 'it chooses files by a pattern, and grants name whole directories' }
    : { offers: [{ grant: 'filesystem', item: { guest: `/${segments.join('/')}`, mode } }] }
}

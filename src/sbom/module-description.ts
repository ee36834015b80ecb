import { printable } from '../printable.ts'

/** What a module says of itself, in texts that are safe to print. */
export interface ModuleDescription {
  readonly version?: string
  readonly description?: string
  readonly authors?: string
  /** As the module has it, and whether it has the form of an SPDX licence expression. */
  readonly licences?: { readonly text: string; readonly isExpression: boolean }
  readonly homepage?: string
  readonly source?: string
  readonly revision?: string
}

const LICENCE = String.raw`[A-Za-z0-9.-]+\+?(?: WITH [A-Za-z0-9.-]+)?`
/** Licence identifiers with AND, OR and WITH. https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/ */
const EXPRESSION = new RegExp(`^\\(*${LICENCE}\\)*(?: (?:AND|OR) \\(*${LICENCE}\\)*){0,100}$`)
const ADDRESS = /^https?:\/\/[\x21-\x7e]+$/

/** Texts of other forms than they should have are left out. */
export function describeModule(metadata: Readonly<Record<string, string>>): ModuleDescription {
  const { version, description, authors, licenses, homepage, source, revision } = metadata
  const text = (value: string | undefined): string | undefined =>
    value === undefined || value.trim() === '' ? undefined : printable(value.trim())
  const address = (value: string | undefined): string | undefined =>
    value !== undefined && ADDRESS.test(value) && !hasCredentials(value) ? value : undefined
  const licence = text(licenses)
  return {
    ...withValue('version', text(version)),
    ...withValue('description', text(description)),
    ...withValue('authors', text(authors)),
    ...(licence !== undefined && {
      licences: { text: licence, isExpression: EXPRESSION.test(licence) && isBalanced(licence) },
    }),
    ...withValue('homepage', address(homepage)),
    ...withValue('source', address(source)),
    ...withValue('revision', text(revision)),
  }
}

const withValue = <K extends string>(
  key: K,
  value: string | undefined,
): Partial<Readonly<Record<K, string>>> =>
  value === undefined ? {} : ({ [key]: value } as Readonly<Record<K, string>>)

/** Also for what is no address. */
function hasCredentials(address: string): boolean {
  if (!URL.canParse(address)) return true
  const { username, password } = new URL(address)
  return username !== '' || password !== ''
}

function isBalanced(expression: string): boolean {
  let open = 0
  for (const character of expression) {
    if (character === '(') open += 1
    if (character === ')' && --open < 0) return false
  }
  return open === 0
}

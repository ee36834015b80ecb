import type { GrantKey } from '../manifest/grant-table.ts'

/** How much harm an import of a class can do when the host serves it without limits. */
export type Risk = 'none' | 'low' | 'medium' | 'high'

/** What imports of one class can do, and what allows them. */
export interface ClassRule {
  /** Completes "it can ...". */
  readonly meaning: string
  readonly risk: Risk
  /** Any one of these allows the import; none means that it needs no grant of its own. */
  readonly grants?: readonly GrantKey[]
  /** These allow it too, but only while the module also imports one of the classes that make them real. */
  readonly alternatives?: readonly { readonly grant: GrantKey; readonly with: readonly string[] }[]
  /** What `init` grants, where that is less than all of `grants`. */
  readonly least?: readonly GrantKey[]
  /** What a person adds below `spec.grants`. */
  readonly example?: string
  /** What the import cannot show, so that only the runtime enforces it. */
  readonly runtime?: string
}

/** Whether grants allow imports of a class in a module that imports the given classes. */
export const allowsClass = (
  held: { has(key: GrantKey): boolean },
  { grants, alternatives = [] }: ClassRule,
  imported: ReadonlySet<string | undefined>,
): boolean =>
  grants === undefined ||
  grants.some((key) => held.has(key)) ||
  alternatives.some(
    ({ grant, with: classes }) => held.has(grant) && classes.some((name) => imported.has(name)),
  )

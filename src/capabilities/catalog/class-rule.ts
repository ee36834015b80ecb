import type { GrantKey } from '../manifest/grant-table.ts'

/** The harm that an import of a class can do if the host does not limit it. */
export type Risk = 'none' | 'low' | 'medium' | 'high'

/** The meaning of a capability class, and the grants that allow its imports. */
export interface ClassRule {
  /** Completes "it can ...". */
  readonly meaning: string
  readonly risk: Risk
  /** Any of these grants allows the import; absent if the import needs no grant. */
  readonly grants?: readonly GrantKey[]
  /** Grants that also allow the import if the module imports one of the classes in `with`. */
  readonly alternatives?: readonly { readonly grant: GrantKey; readonly with: readonly string[] }[]
  /** The grants that `init` writes in any case. If absent, it writes all of `grants`, unless an alternative allows the import. */
  readonly least?: readonly GrantKey[]
  /** An example of a grant, as YAML below `spec.grants`. */
  readonly example?: string
  /** A bound that the import cannot prove, so the runtime has to enforce it. */
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

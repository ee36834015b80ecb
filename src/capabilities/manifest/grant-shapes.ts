import type { ScalarFormat } from '../../documents/scalar-format.ts'
import type { Containment } from '../values/containment.ts'
import type { Directory } from '../values/path.ts'

/** `true`, or `false` for what is not granted. */
export interface Flag {
  readonly shape: 'flag'
}

/** A list of words; each is a grant of its own, so an empty list grants nothing. */
export interface Choices {
  readonly shape: 'choices'
  readonly words: readonly string[]
}

/** A list of names, hosts or addresses. An empty one allows the import and reaches nothing. */
export interface NameList {
  readonly shape: 'names'
  readonly format: ScalarFormat
  /** How a policy's ceiling contains an item. */
  readonly contain: Containment<string>
}

/** A list of {@link Directory}. `KEY.rw` is granted too if one of them is writable, or if there is none. */
export interface DirectoryList {
  readonly shape: 'directories'
}

/** A mapping of lists that are one grant together. The words of a choice in it are grants of their own beside it. */
export interface Parameters {
  readonly shape: 'parameters'
  readonly lists: Readonly<Record<string, NameList | Choices>>
  /** Whether a list may be left out, which is the same as an empty one. */
  readonly optional?: boolean
}

/** A mapping of grants, any of which may be absent. */
export interface Group {
  readonly shape: 'group'
  readonly members: GrantRows
  /** What the mapping allows by itself, even if it is empty; completes "it allows ...". A group without it allows nothing by itself. */
  readonly empty?: string
}

/** The form of a grant's value in a capability manifest. */
export type GrantShape = Flag | Choices | NameList | DirectoryList | Parameters | Group

/** One grant, or a group of them: the form of its value, and what is said about it. */
export type GrantRow = Explained & (Flag | Choices | Group | Exemplified)

interface Explained {
  /** Completes "it allows ...", in Markdown: for the docs and the descriptions in the JSON Schemas. */
  readonly allows: string
  /** What `init` writes beside a flag or a list that it leaves empty, for all members of a group at once. */
  readonly advice?: string
  /** Whether `false` may be written for a grant that is absent, as it may for every flag. */
  readonly orFalse?: boolean
}

type Exemplified = (NameList | DirectoryList | Parameters) & {
  /** A value for the docs, as YAML on one line. */
  readonly example: string
}

export interface GrantRows {
  readonly [key: string]: GrantRow
}

/** The value of a grant once it is read. */
export type GrantValue<Row> = Row extends Flag
  ? true
  : Row extends Choices
    ? readonly Row['words'][number][]
    : Row extends NameList
      ? readonly string[]
      : Row extends DirectoryList
        ? readonly Directory[]
        : Row extends Parameters
          ? { readonly [Key in keyof Row['lists']]: GrantValue<Row['lists'][Key]> }
          : Row extends Group
            ? GrantValues<Row['members']>
            : never

/** A mapping of grants; what is `false` in a file is absent here. */
export type GrantValues<Rows> = { readonly [Key in keyof Rows]?: GrantValue<Rows[Key]> }

/** The keys of all grants in a mapping: `random`, `stdio.stdout`, `http.outgoing`. */
export type GrantKeys<Rows, Prefix extends string = ''> = {
  [Key in keyof Rows & string]: GrantKeysOf<Rows[Key], `${Prefix}${Key}`>
}[keyof Rows & string]

type GrantKeysOf<Row, Key extends string> = Row extends Choices
  ? `${Key}.${Row['words'][number]}`
  : Row extends DirectoryList
    ? Key | `${Key}.rw`
    : Row extends Parameters
      ? Key | ChoiceKeys<Row['lists'][keyof Row['lists']], Key>
      : Row extends Group
        ? GrantKeys<Row['members'], `${Key}.`> | (Row extends { readonly empty: string } ? Key : never)
        : Key

type ChoiceKeys<List, Key extends string> = List extends Choices ? `${Key}.${List['words'][number]}` : never

import { type WasmpackError } from '../../errors.ts'
import { invalidDocument, type Problem } from '../../documents/source-node.ts'
import type { ResourceLimits } from '../manifest/constraints.ts'
import type { GrantKey } from '../manifest/grant-table.ts'
import type { Directory } from '../values/path.ts'

/** What another system's file allows a module, in terms of grants. */
export interface Declaration {
  /** Completes "... does not provide it". */
  readonly runtime: string
  readonly file: string
  /** What the runtime gives to every module that imports it: grants, or groups of them. */
  readonly provides: readonly string[]
  readonly allowances: readonly Allowance[]
  /** Parts that no grant expresses; nothing is granted for them. */
  readonly unexpressed: readonly Unexpressed[]
  readonly limits?: ResourceLimits
}

/** One permission of a declaration, with every grant that it is, the usual one first. */
export interface Allowance extends Part {
  readonly offers: readonly Offer[]
}

/** An item of the first list of a grant, or the grant itself where it has none. */
export interface Offer {
  readonly grant: GrantKey
  readonly item?: string | Directory
}

export interface Unexpressed extends Part {
  /** Why, in half a sentence. */
  readonly reason: string
}

interface Part {
  /** `file:line:column`, or the file. */
  readonly at: string
  /** `component.app.allowed_outbound_hosts[0]`. */
  readonly path: string
  /** Its value as it stands there. */
  readonly value: string
}

/** One error with all problems of a declaration, each on its own line with its position. */
export const invalidDeclaration = (
  file: string,
  problems: readonly Problem[],
  what: 'Spin application' | 'wassette policy',
): WasmpackError =>
  invalidDocument('DECLARATION_INVALID', file, problems, {
    what,
    hint: `see ${FORMATS[what]}; nothing was written`,
  })

const FORMATS = {
  'Spin application': 'https://spinframework.dev/manifest-reference',
  'wassette policy': 'https://microsoft.github.io/wassette/latest/reference/permissions.html',
}

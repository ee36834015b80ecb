import { explainMatch } from '../../documents/repository-pattern.ts'
import {
  type Explanations,
  explainParts,
  joinWords,
  quote,
  SIGNER_EXPLANATIONS,
} from '../../trust/explain-signers.ts'
import type { GrantRows } from '../manifest/grant-shapes.ts'
import { GRANT_TABLE } from '../manifest/grant-table.ts'
import type { CapabilityPolicy, Growth, PolicySpec } from './policy.ts'

/** What a capability policy means, in sentences for a reviewer. */
export const explainCapabilityPolicy = ({ metadata, spec }: CapabilityPolicy): readonly string[] => [
  ...(metadata.description === undefined
    ? []
    : [`Its author describes it as ${quote(metadata.description)}.`]),
  explainMatch(spec.match),
  ...explainParts(spec, EXPLANATIONS),
]

const EXPLANATIONS: Explanations<PolicySpec> = {
  match: () => [],
  requireManifest: () => ['It refuses a module without a capability manifest.'],
  deny: (entries) => entries.map((entry) => `It denies imports of the class ${entry}, whatever is granted.`),
  ceiling: (grants) => [
    'A module may import, and a capability manifest may grant, no more than:',
    ...explainGrants(GRANT_TABLE, grants),
  ],
  hostInterfaces: (hosts) => [
    hosts.length === 0
      ? 'No imports beyond the catalogue are allowed.'
      : 'Of imports beyond the catalogue, no more than these are allowed:',
    ...hosts.map((host) => `  ${describeValue(host)}`),
  ],
  exports: ({ required = [], forbidden = [] }) => [
    ...required.map((name) => `A module must export ${quote(name)}.`),
    ...forbidden.map((name) => `A module must not export ${quote(name)}.`),
  ],
  limits: (limits) => explainParts(limits, LIMITS),
  features: ({ baseline = 'wasm-1.0', allow = [] }) => [
    `Of WebAssembly, a module may use no more than ${joinWords([baseline, ...allow])}.`,
  ],
  ...SIGNER_EXPLANATIONS,
  growth: (growth) => [GROWTH[growth]],
  signedBy: (role) => [`Only versions that ${role} signed count as versions before.`],
  approvedBy: (role) => [`Only approvals by ${role} count.`],
}

const GROWTH: Readonly<Record<Growth, string>> = {
  never: 'A version must not ask for more than the version before it.',
  minor: 'A version may ask for more than the version before it only if its minor or major number is higher.',
  major: 'A version may ask for more than the version before it only if its major number is higher.',
  approved: 'A version must not ask for more than its newest approval covers.',
}

const LIMITS: Explanations<NonNullable<PolicySpec['limits']>> = {
  memory: ({ maxPages, requireMax }) => [
    ...(maxPages === undefined ? [] : [`A memory may have at most ${maxPages} pages of 64 KiB.`]),
    ...(requireMax ? ['A memory must declare a maximum.'] : []),
  ],
  tables: ({ maxElements, requireMax }) => [
    ...(maxElements === undefined ? [] : [`A table may have at most ${maxElements} elements.`]),
    ...(requireMax ? ['A table must declare a maximum.'] : []),
  ],
  modules: (count) => [`A component may hold at most ${count} core modules.`],
  nesting: (levels) => [`Modules and components may be nested at most ${levels} levels deep.`],
  size: (bytes) => [`A module may have at most ${bytes} bytes.`],
  startFunction: (word) => [
    `Code that runs when the module is instantiated is ${word === 'allow' ? 'allowed' : 'denied'}.`,
  ],
}

/** Each grant with what it allows, from the table of grants. */
function explainGrants(rows: GrantRows, values: object, prefix = ''): readonly string[] {
  const given = new Map(Object.entries(values) as [string, unknown][])
  return Object.entries(rows).flatMap(([key, row]): readonly string[] => {
    const value = given.get(key)
    if (value === undefined) return []
    const path = `${prefix}${key}`
    if (row.shape !== 'group')
      return [`  ${path}${value === true ? '' : ` (${describeValue(value)})`}: ${row.allows}`]
    const members = explainGrants(row.members, value as object, `${path}.`)
    return row.empty === undefined ? members : [`  ${path}: ${row.empty}`].concat(members)
  })
}

/** A value of a document in words, with every key in it. */
function describeValue(value: unknown): string {
  if (Array.isArray(value))
    return value.length === 0 ? 'none' : value.map((item) => describeValue(item)).join(', ')
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .map(([key, item]) => `${key} ${describeValue(item)}`)
      .join(', ')
  return typeof value === 'string' ? quote(value) : `${value as boolean | number}`
}

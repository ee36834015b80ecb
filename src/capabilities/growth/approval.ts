import {
  omitUndefined,
  type Problems,
  type Read,
  readChoice,
  readCount,
  readFields,
  readList,
  readMatching,
  readText,
} from '../../documents/fields.ts'
import { REPOSITORY_NAME } from '../../documents/repository-pattern.ts'
import type { ScalarFormat } from '../../documents/scalar-format.ts'
import { type Problem, toSourceNode } from '../../documents/source-node.ts'
import { FORMATS } from '../../trust/formats.ts'
import type { CapabilitySet } from '../diff/find-growth.ts'
import { ON_UNKNOWN_IMPORT } from '../manifest/formats.ts'
import { readGrants } from '../manifest/grants-reader.ts'
import { readHostInterface } from '../manifest/manifest-reader.ts'

/** The predicate type of an approval; docs/attestation.md describes its fields. */
export const APPROVAL_PREDICATE = 'https://wasmpack.dev/attestation/capability-approval/v1'

/** The most that the signer lets modules of one repository have. */
export interface Approval {
  /** `host[:port]/name`: it says nothing of another one. */
  readonly repository: string
  /** RFC 3339: by the word of the signer. */
  readonly approvedAt: string
  readonly capabilities: CapabilitySet
}

/** Whoever wrote it, and what it was read from: not needed to judge by it. */
export interface ApprovalSource {
  readonly module: {
    readonly digest: Readonly<Record<string, string>>
    readonly kind: string
    readonly size: number
  }
  readonly catalogue: { readonly version: string; readonly digest: string }
  readonly tool: { readonly name: string; readonly version: string }
}

/** The predicate: a JSON object with a field for each part. */
export const buildApproval = (
  { repository, approvedAt, capabilities }: Approval,
  { module, catalogue, tool }: ApprovalSource,
): object => ({ repository, approvedAt, module, capabilities, catalogue, tool })

const FIELDS = ['repository', 'approvedAt', 'module', 'capabilities', 'catalogue', 'tool']

/** Reads a predicate; an approval with an unknown field is none, since that might restrict it. The problem is a phrase without a subject. */
export function readApproval(predicate: unknown): Approval | { readonly problem: string } {
  const problems: Problem[] = []
  const approval = readPredicate(toSourceNode(predicate, 'the predicate'), problems)
  const [first] = problems
  if (first !== undefined) return { problem: `is malformed: ${first.message}` }
  return approval ?? { problem: 'is malformed' }
}

const readPredicate: Read<Approval> = (value, problems) => {
  const fields = readFields(value, FIELDS, problems)
  const repository = fields?.required('repository', readMatching(REPOSITORY_NAME))
  const approvedAt = fields?.required('approvedAt', readMatching(FORMATS.time))
  const capabilities = fields?.required('capabilities', readCapabilities)
  fields?.required('module', readModule)
  fields?.required('catalogue', readTexts(['version', 'digest']))
  fields?.required('tool', readTexts(['name', 'version']))
  return repository === undefined || approvedAt === undefined || capabilities === undefined
    ? undefined
    : { repository, approvedAt, capabilities }
}

const CLASS: ScalarFormat = {
  pattern: String.raw`^[a-z][a-z0-9-]*(?:\.[a-z][a-z0-9-]*)*$`,
  expected: 'a capability class such as fs.write',
}

const readCapabilities: Read<CapabilitySet> = (value, problems) => {
  const known = ['classes', 'imports', 'grants', 'hostInterfaces', 'onUnknownImport']
  const fields = readFields(value, known, problems)
  const classes = fields?.required('classes', readList(readMatching(CLASS)))
  const imports = fields?.required('imports', readList(readHostInterface))
  const grants = fields?.required('grants', readGrants)
  const optional = omitUndefined({
    hostInterfaces: fields?.optional('hostInterfaces', readList(readHostInterface)),
    onUnknownImport: fields?.optional('onUnknownImport', readChoice(ON_UNKNOWN_IMPORT)),
  })
  return classes && imports && grants && { classes, imports, grants, ...optional }
}

const readModule: Read<true> = (value, problems) => {
  const fields = readFields(value, ['digest', 'kind', 'size'], problems)
  fields?.required('digest', readTexts(['sha256']))
  fields?.required('kind', readChoice(['module', 'component']))
  fields?.required('size', readCount(0))
  return true
}

const readTexts =
  (names: readonly string[]): Read<true> =>
  (value, problems: Problems) => {
    const fields = readFields(value, names, problems)
    for (const name of names) fields?.required(name, readText)
    return true
  }

import type { ScalarFormat } from '../../documents/scalar-format.ts'
import type { SourceNode } from '../../documents/source-node.ts'
import { readDefined, readSignerParts } from '../../trust/signers-reader.ts'
import { readConstraints } from '../manifest/constraints-reader.ts'
import { expandDenyEntry } from '../catalog/denied-classes.ts'
import {
  findNearest,
  hasKey,
  omitUndefined,
  readChoice,
  readFields,
  readFlag,
  readList,
  readMatching,
  report,
  type Read,
} from '../../documents/fields.ts'
import { API_VERSION, readMetadata } from '../../documents/metadata.ts'
import { CAPABILITY_POLICY_KIND } from '../manifest/formats.ts'
import { readGrants } from '../manifest/grants-reader.ts'
import { CLASSES } from '../catalog/classes.ts'
import { readHostInterface } from '../manifest/manifest-reader.ts'
import { type CapabilityPolicy, type Growth, GROWTHS, type PolicySpec } from './policy.ts'
import { readMatch } from '../../documents/repository-pattern.ts'

export const DENY: ScalarFormat = {
  pattern: String.raw`^(?:\*|[a-z][a-z0-9-]*(?:\.[a-z][a-z0-9-]*)*(?:\.\*)?)$`,
  expected: 'a class such as fs.write, a group such as sockets.*, or unknown',
}

/** A policy from a parsed document; problems are reported as they are found. */
export const readCapabilityPolicy: Read<CapabilityPolicy> = (value, problems) => {
  const fields = readFields(value, ['apiVersion', 'kind', 'metadata', 'spec'], problems)
  const apiVersion = fields?.required('apiVersion', readChoice([API_VERSION]))
  const kind = fields?.required('kind', readChoice([CAPABILITY_POLICY_KIND]))
  const metadata = fields?.required('metadata', readMetadata)
  const spec = fields?.required('spec', readSpec)
  return apiVersion && kind && metadata && spec ? { metadata, spec } : undefined
}

const RESTRICTIONS = [
  'requireManifest',
  'deny',
  'ceiling',
  'hostInterfaces',
  'exports',
  'limits',
  'features',
  'growth',
] as const satisfies (keyof PolicySpec)[]

const SIGNER_PARTS = ['roots', 'signers', 'signedBy', 'approvedBy'] as const satisfies (keyof PolicySpec)[]

const readSpec: Read<PolicySpec> = (value, problems) => {
  const fields = readFields(value, ['match', ...RESTRICTIONS, ...SIGNER_PARTS], problems)
  if (fields === undefined) return undefined
  const signers = readSignerParts(fields)
  const { exports, limits, features } = readConstraints(fields)
  const spec = omitUndefined({
    match: fields.optional('match', readMatch),
    requireManifest: fields.optional('requireManifest', readFlag) || undefined,
    deny: fields.optional('deny', readList(readDenied)),
    ceiling: fields.optional('ceiling', readGrants),
    hostInterfaces: fields.optional('hostInterfaces', readList(readHostInterface)),
    exports,
    limits,
    features,
    ...signers,
    growth: fields.optional('growth', readChoice(GROWTHS)),
    signedBy: fields.optional('signedBy', readDefined('signers', signers.signers)),
    approvedBy: fields.optional('approvedBy', readDefined('signers', signers.signers)),
  })
  if (!RESTRICTIONS.some((key) => hasKey(value, key)))
    return report(problems, value, `restricts nothing, expected one of ${RESTRICTIONS.join(', ')}`)
  const fault = findGrowthFault(value, spec.growth)
  return fault === undefined ? spec : report(problems, value, fault)
}

/** Each growth has one role, and signers are for growth alone. */
function findGrowthFault(value: SourceNode, growth: Growth | undefined): string | undefined {
  if (!hasKey(value, 'growth')) {
    const idle = SIGNER_PARTS.find((key) => hasKey(value, key))
    return idle && `has "${idle}", which has no effect without "growth"`
  }
  if (growth === undefined) return undefined
  const [needed, idle] = growth === 'approved' ? ['approvedBy', 'signedBy'] : ['signedBy', 'approvedBy']
  if (hasKey(value, idle!)) return `has "${idle}", which has no effect with growth: ${growth}`
  return hasKey(value, needed!) ? undefined : `lacks "${needed}", which growth: ${growth} requires`
}

/** Refuses an entry that denies nothing, such as a misspelt class. */
const readDenied: Read<string> = (value, problems) => {
  const entry = readMatching(DENY)(value, problems)
  if (entry === undefined || expandDenyEntry(entry).size > 0) return entry
  const near = findNearest(entry.replace(/\.\*$/, ''), Object.keys(CLASSES))
  return report(
    problems,
    value,
    `is "${entry}", expected a class or a group of classes; ${near === undefined ? 'docs/capabilities.md lists them' : `did you mean "${near}"?`}`,
  )
}

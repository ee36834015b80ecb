import {
  omitUndefined,
  type Read,
  readChoice,
  readFields,
  readFlag,
  readList,
  readMatching,
  report,
  hasKey,
} from '../documents/fields.ts'
import { API_VERSION, readMetadata } from '../documents/metadata.ts'
import { readMatch } from '../documents/repository-pattern.ts'
import { FORMATS } from './formats.ts'
import {
  type PredicateTypes,
  readAttestationRule,
  readSignatureRule,
  readSummaryRule,
} from './rule-reader.ts'
import {
  type Refusals,
  TRUST_POLICY_KIND,
  type TrustPolicy,
  type TrustSpec,
  type Waiver,
} from './trust-policy.ts'
import type { SignerParts } from './signers.ts'
import { readDefined, readSignerParts } from './signers-reader.ts'
import { VERSION } from './version.ts'

/** Reads a policy from a parsed document; problems are reported as they are found. */
export const readTrustPolicy =
  (types: PredicateTypes): Read<TrustPolicy> =>
  (value, problems) => {
    const fields = readFields(value, ['apiVersion', 'kind', 'metadata', 'spec'], problems)
    const apiVersion = fields?.required('apiVersion', readChoice([API_VERSION]))
    const kind = fields?.required('kind', readChoice([TRUST_POLICY_KIND]))
    const metadata = fields?.required('metadata', readMetadata)
    const spec = fields?.required('spec', readSpec(types))
    return apiVersion && kind && metadata && spec ? { metadata, spec } : undefined
  }

const RESTRICTIONS = [
  'signatures',
  'attestations',
  'summaries',
  'minimumVersion',
  'neverLess',
  'refuse',
] as const satisfies (keyof TrustSpec)[]
/** What signers have to sign. */
const SIGNED = ['signatures', 'attestations', 'summaries'] as const satisfies (keyof TrustSpec)[]
/** Parts that say which signatures count, so that they say nothing where none is asked for. */
const CONDITIONS = [
  'signedAfter',
  'signedWithin',
  'signedFor',
  'formats',
] as const satisfies (keyof TrustSpec)[]

const readSpec =
  (types: PredicateTypes): Read<TrustSpec> =>
  (value, problems) => {
    const known = ['match', 'roots', 'signers', ...RESTRICTIONS, ...CONDITIONS, 'waivers']
    const fields = readFields(value, known, problems)
    if (fields === undefined) return undefined
    const { roots, signers } = readSignerParts(fields)
    const spec = omitUndefined({
      match: fields.optional('match', readMatch),
      roots,
      signers,
      signatures: fields.optional('signatures', readList(readSignatureRule(signers), { filled: true })),
      attestations: fields.optional(
        'attestations',
        readList(readAttestationRule(types, signers), { filled: true }),
      ),
      summaries: fields.optional('summaries', readList(readSummaryRule(signers), { filled: true })),
      signedAfter: fields.optional('signedAfter', readMatching(FORMATS.time)),
      signedWithin: fields.optional('signedWithin', readDuration),
      signedFor: fields.optional('signedFor', readDuration),
      formats: fields.optional('formats', readList(readChoice(['bundle', 'legacy']), { filled: true })),
      minimumVersion: fields.optional('minimumVersion', readMatching(VERSION)),
      neverLess: fields.optional('neverLess', readFlag) || undefined,
      refuse: fields.optional('refuse', readRefusals),
      waivers: fields.optional(
        'waivers',
        readList(readWaiver(signers), { identity: ({ digest }) => digest }),
      ),
    })
    if (!RESTRICTIONS.some((key) => (key === 'neverLess' ? spec.neverLess : hasKey(value, key))))
      return report(problems, value, `restricts nothing, expected one of ${RESTRICTIONS.join(', ')}`)
    if (spec.neverLess && !hasKey(value, 'signers'))
      return report(problems, value, 'has "neverLess", which has no effect without "signers"')
    const idle = CONDITIONS.find((key) => hasKey(value, key))
    return idle === undefined || SIGNED.some((key) => hasKey(value, key))
      ? spec
      : report(
          problems,
          value,
          `has "${idle}", which has no effect without "signatures", "attestations" or "summaries"`,
        )
  }

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

const readDuration: Read<number> = (value, problems) => {
  const text = readMatching(FORMATS.duration)(value, problems)
  return text === undefined ? undefined : Number(text.slice(0, -1)) * UNITS[text.at(-1)!]!
}

const readRefusals: Read<Refusals> = (value, problems) => {
  const fields = readFields(value, ['digests', 'signers'], problems)
  const refusals = omitUndefined({
    digests: fields?.optional('digests', readList(readMatching(FORMATS.digest))),
    signers: fields?.optional('signers', readList(readMatching(FORMATS.glob))),
  })
  return value.kind === 'map' && value.entries.length === 0
    ? report(problems, value, 'refuses nothing, expected digests or signers')
    : refusals
}

const readWaiver =
  (signers: SignerParts['signers']): Read<Waiver> =>
  (value, problems) => {
    const fields = readFields(value, ['digest', 'reason', 'until', 'signedBy'], problems)
    const digest = fields?.required('digest', readMatching(FORMATS.digest))
    const reason = fields?.required('reason', readMatching(FORMATS.reason))
    const until = fields?.required('until', readMatching(FORMATS.time))
    const signedBy = fields?.optional('signedBy', readDefined('signers', signers))
    return digest === undefined || reason === undefined || until === undefined
      ? undefined
      : { digest, reason, until, ...omitUndefined({ signedBy }) }
  }

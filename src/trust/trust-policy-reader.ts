import {
  omitUndefined,
  type Read,
  readChoice,
  readCount,
  readFields,
  readList,
  readMatching,
  report,
  hasKey,
} from '../documents/fields.ts'
import { API_VERSION, DESCRIPTION, readMetadata } from '../documents/metadata.ts'
import { readMatch } from '../documents/repository-pattern.ts'
import type { ScalarFormat } from '../documents/scalar-format.ts'
import {
  type Refusals,
  type SignatureRule,
  TRUST_POLICY_KIND,
  type TrustPolicy,
  type TrustSpec,
  type Waiver,
} from './trust-policy.ts'
import type { SignerRule } from './signers.ts'
import { readDefined, readSignerParts, SIGNER_FORMATS } from './signers-reader.ts'
import { VERSION } from './version.ts'

/** The grammars of the texts of a policy, shared with the JSON Schema. */
export const FORMATS = {
  ...SIGNER_FORMATS,
  digest: {
    pattern: '^(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$',
    expected: 'a digest: sha256: and 64 lower-case hexadecimal digits',
  },
  time: {
    pattern: String.raw`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})$`,
    expected: 'an RFC 3339 time such as 2026-01-01T00:00:00Z',
    isSound: (text) => !Number.isNaN(Date.parse(text)),
  },
  duration: {
    pattern: '^[1-9][0-9]{0,5}[mhd]$',
    expected: 'a number of minutes, hours or days such as 30m, 48h or 365d',
  },
} as const satisfies Readonly<Record<string, ScalarFormat>>

/** A policy from a parsed document; problems are reported as they are found. */
export const readTrustPolicy: Read<TrustPolicy> = (value, problems) => {
  const fields = readFields(value, ['apiVersion', 'kind', 'metadata', 'spec'], problems)
  const apiVersion = fields?.required('apiVersion', readChoice([API_VERSION]))
  const kind = fields?.required('kind', readChoice([TRUST_POLICY_KIND]))
  const metadata = fields?.required('metadata', readMetadata)
  const spec = fields?.required('spec', readSpec)
  return apiVersion && kind && metadata && spec ? { metadata, spec } : undefined
}

const RESTRICTIONS = ['signatures', 'minimumVersion', 'refuse'] as const satisfies (keyof TrustSpec)[]
/** Parts that say which signatures count, so that they say nothing where none is asked for. */
const CONDITIONS = [
  'signedAfter',
  'signedWithin',
  'signedFor',
  'formats',
] as const satisfies (keyof TrustSpec)[]

const readSpec: Read<TrustSpec> = (value, problems) => {
  const known = ['match', 'roots', 'signers', ...RESTRICTIONS, ...CONDITIONS, 'waivers']
  const fields = readFields(value, known, problems)
  if (fields === undefined) return undefined
  const { roots, signers } = readSignerParts(fields)
  const spec = omitUndefined({
    match: fields.optional('match', readMatch),
    roots,
    signers,
    signatures: fields.optional('signatures', readList(readSignatureRule(signers), { filled: true })),
    signedAfter: fields.optional('signedAfter', readMatching(FORMATS.time)),
    signedWithin: fields.optional('signedWithin', readDuration),
    signedFor: fields.optional('signedFor', readDuration),
    formats: fields.optional('formats', readList(readChoice(['bundle', 'legacy']), { filled: true })),
    minimumVersion: fields.optional('minimumVersion', readMatching(VERSION)),
    refuse: fields.optional('refuse', readRefusals),
    waivers: fields.optional('waivers', readList(readWaiver, { identity: ({ digest }) => digest })),
  })
  if (!RESTRICTIONS.some((key) => hasKey(value, key)))
    return report(problems, value, `restricts nothing, expected one of ${RESTRICTIONS.join(', ')}`)
  const idle = CONDITIONS.find((key) => hasKey(value, key))
  return idle === undefined || hasKey(value, 'signatures')
    ? spec
    : report(problems, value, `has "${idle}", which has no effect without "signatures"`)
}

const readSignatureRule =
  (signers: ReadonlyMap<string, readonly SignerRule[]> | undefined): Read<SignatureRule> =>
  (value, problems) => {
    const fields = readFields(value, ['by', 'atLeast'], problems)
    const by = fields?.required('by', readDefined('signers', signers))
    const atLeast = fields?.optional('atLeast', readCount(1)) ?? 1
    if (by === undefined) return undefined
    const possible = countPossibleSigners(signers!.get(by)!)
    if (atLeast > possible)
      return report(problems, value, `requires ${atLeast} signers, but "${by}" has no more than ${possible}`)
    return { by, atLeast }
  }

/** How many different keys and identities a role can have. */
const countPossibleSigners = (rules: readonly SignerRule[]): number =>
  rules.some((rule) => rule.kind === 'identity' && rule.identity.includes('*'))
    ? Infinity
    : new Set(rules.map((rule) => (rule.kind === 'key' ? rule.key : `${rule.issuer} ${rule.identity}`))).size

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

const readWaiver: Read<Waiver> = (value, problems) => {
  const fields = readFields(value, ['digest', 'reason', 'until'], problems)
  const digest = fields?.required('digest', readMatching(FORMATS.digest))
  const reason = fields?.required('reason', readMatching(REASON))
  const until = fields?.required('until', readMatching(FORMATS.time))
  return digest === undefined || reason === undefined || until === undefined
    ? undefined
    : { digest, reason, until }
}

const REASON: ScalarFormat = {
  pattern: DESCRIPTION.pattern.replace('{0,', '{1,'),
  expected: 'a reason: one line of text',
}

import {
  omitUndefined,
  type Problems,
  type Read,
  readChoice,
  readCount,
  readFields,
  readList,
  readMatching,
  readNamed,
  report,
  hasKey,
} from '../documents/fields.ts'
import { API_VERSION, DESCRIPTION, readMetadata } from '../documents/metadata.ts'
import { readMatch } from '../documents/repository-pattern.ts'
import type { ScalarFormat } from '../documents/scalar-format.ts'
import type { SourceNode } from '../documents/source-node.ts'
import {
  type IdentityRule,
  type KeyRule,
  type Refusals,
  type RootRule,
  type SignatureRule,
  type SignerRule,
  TRUST_POLICY_KIND,
  type TrustPolicy,
  type TrustSpec,
  type Waiver,
} from './trust-policy.ts'
import { VERSION } from './version.ts'

/** The grammars of the texts of a policy, shared with the JSON Schema. */
export const FORMATS = {
  role: {
    pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$',
    expected: 'letters, digits, ".", "_" and "-", at most 63',
  },
  path: { pattern: String.raw`^[^\u0000-\u001f\u007f-\u009f]{1,4096}$`, expected: 'the path of a file' },
  glob: {
    pattern: String.raw`^(?!.*\*\*)[^\s\u0000-\u001f\u007f-\u009f]{1,2048}$`,
    expected: 'a name in which * stands for any run of characters but "/"; ** is not supported',
  },
  issuer: {
    pattern: String.raw`^https?://[^\s*\u0000-\u001f\u007f-\u009f]{1,2048}$`,
    expected: 'the URL of an issuer, without wildcards',
  },
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
  const roots = fields.optional('roots', readNamed(FORMATS.role, readRoot))
  const signers = fields.optional(
    'signers',
    readNamed(
      FORMATS.role,
      readList(readSigner(roots), { filled: true, identity: (rule) => JSON.stringify(rule) }),
    ),
  )
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

const readRoot: Read<RootRule> = (value, problems) => {
  const fields = readFields(value, ['trustedRoot', 'logEntries', 'timestamps', 'scts'], problems)
  const trustedRoot = fields?.required('trustedRoot', readMatching(FORMATS.path))
  const logEntries = fields?.optional('logEntries', readCount(0)) ?? 1
  const timestamps = fields?.optional('timestamps', readCount(0)) ?? 0
  const scts = fields?.optional('scts', readCount(0)) ?? 1
  if (logEntries === 0 && timestamps === 0)
    return report(problems, value, 'requires neither log entries nor timestamps, so no time can be verified')
  return trustedRoot === undefined ? undefined : { trustedRoot, logEntries, timestamps, scts }
}

const readSigner =
  (roots: ReadonlyMap<string, RootRule> | undefined): Read<SignerRule> =>
  (value, problems) => {
    if (hasKey(value, 'key')) return readKeyRule(roots, value, problems)
    if (hasKey(value, 'identity') || value.kind !== 'map') return readIdentityRule(roots, value, problems)
    return report(problems, value, 'lacks "key" or "identity"')
  }

function readKeyRule(roots: Roots, value: SourceNode, problems: Problems): KeyRule | undefined {
  const fields = readFields(value, ['key', 'root'], problems)
  const key = fields?.required('key', readMatching(FORMATS.path))
  const root = fields?.optional('root', readDefined('roots', roots))
  return key === undefined ? undefined : { kind: 'key', key, ...omitUndefined({ root }) }
}

function readIdentityRule(roots: Roots, value: SourceNode, problems: Problems): IdentityRule | undefined {
  const fields = readFields(value, ['identity', 'issuer', 'sourceRepository', 'root'], problems)
  const identity = fields?.required('identity', readMatching(FORMATS.glob))
  const issuer = fields?.required('issuer', readMatching(FORMATS.issuer))
  const sourceRepository = fields?.optional('sourceRepository', readMatching(FORMATS.glob))
  const root = fields?.required('root', readDefined('roots', roots))
  return identity === undefined || issuer === undefined || root === undefined
    ? undefined
    : { kind: 'identity', identity, issuer, ...omitUndefined({ sourceRepository }), root }
}

type Roots = ReadonlyMap<string, RootRule> | undefined

/** A name that another part of the policy defines. */
const readDefined =
  (part: 'roots' | 'signers', names: ReadonlyMap<string, unknown> | undefined): Read<string> =>
  (value, problems) => {
    const name = readMatching(FORMATS.role)(value, problems)
    if (name === undefined || names?.has(name)) return name
    const known = names === undefined ? 'there is no such part' : `known are ${[...names.keys()].join(', ')}`
    return report(problems, value, `is "${name}", expected a name of spec.${part}; ${known}`)
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

import {
  type Fields,
  hasKey,
  omitUndefined,
  type Problems,
  type Read,
  readCount,
  readFields,
  readList,
  readMatching,
  readNamed,
  report,
} from '../documents/fields.ts'
import type { ScalarFormat } from '../documents/scalar-format.ts'
import type { SourceNode } from '../documents/source-node.ts'
import type { IdentityRule, KeyRule, RootRule, SignerParts, SignerRule } from './signers.ts'

/** The grammars of the texts that name signers, shared with the JSON Schemas. */
export const SIGNER_FORMATS = {
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
} as const satisfies Readonly<Record<string, ScalarFormat>>

type Roots = SignerParts['roots']

/** The roots and the roles of a policy. */
export function readSignerParts(fields: Fields): SignerParts {
  const roots = fields.optional('roots', readNamed(SIGNER_FORMATS.role, readRoot))
  const signers = fields.optional(
    'signers',
    readNamed(
      SIGNER_FORMATS.role,
      readList(readSigner(roots), { filled: true, identity: (rule) => JSON.stringify(rule) }),
    ),
  )
  return omitUndefined({ roots, signers })
}

const readRoot: Read<RootRule> = (value, problems) => {
  const fields = readFields(value, ['trustedRoot', 'logEntries', 'timestamps', 'scts'], problems)
  const trustedRoot = fields?.required('trustedRoot', readMatching(SIGNER_FORMATS.path))
  const logEntries = fields?.optional('logEntries', readCount(0)) ?? 1
  const timestamps = fields?.optional('timestamps', readCount(0)) ?? 0
  const scts = fields?.optional('scts', readCount(0)) ?? 1
  if (logEntries === 0 && timestamps === 0)
    return report(problems, value, 'requires neither log entries nor timestamps, so no time can be verified')
  return trustedRoot === undefined ? undefined : { trustedRoot, logEntries, timestamps, scts }
}

const readSigner =
  (roots: Roots): Read<SignerRule> =>
  (value, problems) => {
    if (hasKey(value, 'key')) return readKeyRule(roots, value, problems)
    if (hasKey(value, 'identity') || value.kind !== 'map') return readIdentityRule(roots, value, problems)
    return report(problems, value, 'lacks "key" or "identity"')
  }

function readKeyRule(roots: Roots, value: SourceNode, problems: Problems): KeyRule | undefined {
  const fields = readFields(value, ['key', 'root'], problems)
  const key = fields?.required('key', readMatching(SIGNER_FORMATS.path))
  const root = fields?.optional('root', readDefined('roots', roots))
  return key === undefined ? undefined : { kind: 'key', key, ...omitUndefined({ root }) }
}

function readIdentityRule(roots: Roots, value: SourceNode, problems: Problems): IdentityRule | undefined {
  const fields = readFields(value, ['identity', 'issuer', 'sourceRepository', 'root'], problems)
  const identity = fields?.required('identity', readMatching(SIGNER_FORMATS.glob))
  const issuer = fields?.required('issuer', readMatching(SIGNER_FORMATS.issuer))
  const sourceRepository = fields?.optional('sourceRepository', readMatching(SIGNER_FORMATS.glob))
  const root = fields?.required('root', readDefined('roots', roots))
  return identity === undefined || issuer === undefined || root === undefined
    ? undefined
    : { kind: 'identity', identity, issuer, ...omitUndefined({ sourceRepository }), root }
}

/** A name that another part of the policy defines. */
export const readDefined =
  (part: 'roots' | 'signers', names: ReadonlyMap<string, unknown> | undefined): Read<string> =>
  (value, problems) => {
    const name = readMatching(SIGNER_FORMATS.role)(value, problems)
    if (name === undefined || names?.has(name)) return name
    const known = names === undefined ? 'there is no such part' : `known are ${[...names.keys()].join(', ')}`
    return report(problems, value, `is "${name}", expected a name of spec.${part}; ${known}`)
  }

import {
  type Fields,
  omitUndefined,
  type Problems,
  type Read,
  readCount,
  readFields,
  readList,
  readMatching,
  report,
} from '../documents/fields.ts'
import type { SourceNode } from '../documents/source-node.ts'
import { FORMATS } from './formats.ts'
import type { SignerParts, SignerRule } from './signers.ts'
import { readDefined } from './signers-reader.ts'
import type { AttestationRule, PredicateCondition, SignatureRule, SummaryRule } from './trust-policy.ts'

/** Predicate types by the short names that a policy may use. */
export type PredicateTypes = ReadonlyMap<string, string>

type Signers = SignerParts['signers']

/** A signature that an artifact must have. */
export const readSignatureRule =
  (signers: Signers): Read<SignatureRule> =>
  (value, problems) =>
    readThreshold(readFields(value, ['by', 'atLeast'], problems), signers, value, problems)

/** The role of a rule, and how many of it. */
function readThreshold(
  fields: Fields | undefined,
  signers: Signers,
  value: SourceNode,
  problems: Problems,
): SignatureRule | undefined {
  const by = fields?.required('by', readDefined('signers', signers))
  const atLeast = fields?.optional('atLeast', readCount(1)) ?? 1
  if (by === undefined) return undefined
  const possible = countPossibleSigners(signers!.get(by)!)
  return atLeast <= possible
    ? { by, atLeast }
    : report(problems, value, `requires ${atLeast} signers, but "${by}" has no more than ${possible}`)
}

/** An attestation that an artifact must have. */
export const readAttestationRule =
  (types: PredicateTypes, signers: Signers): Read<AttestationRule> =>
  (value, problems) => {
    const fields = readFields(value, ['type', 'by', 'atLeast', 'where'], problems)
    const type = fields?.required('type', readPredicateType(types))
    const threshold = readThreshold(fields, signers, value, problems)
    const where = fields?.optional('where', readList(readPredicateCondition, { filled: true }))
    return type === undefined || threshold === undefined
      ? undefined
      : { type, ...threshold, ...omitUndefined({ where }) }
  }

function readPredicateType(types: PredicateTypes): Read<string> {
  const expected = `one of ${[...types.keys()].join(', ')}, or a URI`
  const readUri = readMatching({ ...FORMATS.predicateType, expected })
  return (value, problems) =>
    (value.kind === 'scalar' ? types.get(`${value.value}`) : undefined) ?? readUri(value, problems)
}

const readPredicateCondition: Read<PredicateCondition> = (value, problems) => {
  const fields = readFields(value, ['at', 'is'], problems)
  const at = fields?.required('at', readMatching(FORMATS.pointer))
  const is = fields?.required('is', readMatching(FORMATS.value))
  return at === undefined || is === undefined ? undefined : { at, is }
}

/** How many different keys and identities a role can have. */
const countPossibleSigners = (rules: readonly SignerRule[]): number =>
  rules.some((rule) => rule.kind === 'identity' && rule.identity.includes('*'))
    ? Infinity
    : new Set(rules.map((rule) => (rule.kind === 'key' ? rule.key : `${rule.issuer} ${rule.identity}`))).size

/** A verification summary that is accepted. */
export const readSummaryRule =
  (signers: Signers): Read<SummaryRule> =>
  (value, problems) => {
    const fields = readFields(value, ['by', 'verifier', 'policy'], problems)
    const by = fields?.required('by', readDefined('signers', signers))
    const verifier = fields?.required('verifier', readMatching(FORMATS.verifier))
    const policy = fields?.required('policy', readMatching(FORMATS.digest))
    return by === undefined || verifier === undefined || policy === undefined
      ? undefined
      : { by, verifier, policy }
  }

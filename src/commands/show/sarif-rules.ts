import type { Risk } from '../../capabilities/catalog/class-rule.ts'
import { type CapabilityClass, CLASSES, getClassRule } from '../../capabilities/catalog/classes.ts'
import { type Finding, type Rule, RULES } from '../../capabilities/evaluate/finding.ts'

/** A `reportingDescriptor` of SARIF, with the properties that GitHub code scanning needs. */
export interface SarifRule {
  readonly id: string
  readonly shortDescription: { readonly text: string }
  readonly fullDescription: { readonly text: string }
  readonly help: { readonly text: string }
  readonly defaultConfiguration: { readonly level: Finding['severity'] }
  readonly properties: {
    readonly tags: readonly string[]
    readonly precision: 'very-high'
    readonly 'security-severity'?: string
  }
}

/** Stable between versions, since it identifies alerts. `not-granted` has a rule for each class. */
export const toRuleId = ({ rule, class: name }: Pick<Finding, 'rule' | 'class'>): string =>
  rule === 'not-granted' && name !== undefined ? `${rule}/${name}` : rule

/** Every rule, whatever was found, so that runs of one version differ only in results. */
export const createSarifRules = (): SarifRule[] => [
  ...(Object.keys(RULES) as Rule[]).map(createRule),
  ...(Object.keys(CLASSES) as CapabilityClass[])
    .filter((name) => getClassRule(name).grants !== undefined)
    .map(createClassRule),
]

/** GitHub: 7.0 and up is high, 4.0 and up medium, below low; 0.0 is no severity. */
const SEVERITIES: Readonly<Record<Risk, string>> = { high: '8.0', medium: '5.5', low: '2.5', none: '0.1' }

/** Security rules: what the module could do without permission. The others have no security severity. */
const RULE_SEVERITIES: Readonly<Partial<Record<Rule, string>>> = {
  'not-granted': SEVERITIES.medium,
  'unknown-import': SEVERITIES.high,
  'look-alike': SEVERITIES.high,
  'wrong-kind': SEVERITIES.high,
  'wrong-type': SEVERITIES.medium,
  'export-forbidden': SEVERITIES.medium,
  'limit-exceeded': SEVERITIES.low,
  'no-maximum': SEVERITIES.low,
  'start-function': SEVERITIES.low,
  'not-checked': SEVERITIES.medium,
  'unused-grant': SEVERITIES.low,
}

const HELP: Readonly<Partial<Record<Rule, string>>> = {
  'not-granted': 'Grant the capability in the capability manifest, or build the module without the import.',
  'unknown-import':
    'Find out what the host does when it is called. To allow it, add it to spec.hostInterfaces of the capability manifest.',
  'look-alike': 'Check the origin of the module: the import imitates a known name, and no grant covers it.',
  'export-missing': 'Build the module with the export, or remove it from spec.exports.required.',
  'export-forbidden': 'Build the module without the export, or remove it from spec.exports.forbidden.',
  'unused-grant': 'Remove the unused grant from the capability manifest (least privilege).',
}

function createRule(rule: Rule): SarifRule {
  const { meaning, severity } = RULES[rule]
  return createDescriptor(rule, toSentence(meaning), severity, {
    help: HELP[rule] ?? 'Change the module, its capability manifest or the policy.',
    severity: RULE_SEVERITIES[rule],
  })
}

function createClassRule(name: CapabilityClass): SarifRule {
  const { meaning, risk, example, runtime } = getClassRule(name)
  const grant = example === undefined ? '' : ` Grant it below spec.grants, for example: ${example}.`
  const note = runtime === undefined ? '' : ` Once it is granted, ${runtime}.`
  return createDescriptor(
    toRuleId({ rule: 'not-granted', class: name }),
    `The module can ${meaning}, which is not granted.`,
    RULES['not-granted'].severity,
    {
      help: `${HELP['not-granted']} Its capability class is ${name}, of ${risk} risk.${grant}${note}`,
      severity: SEVERITIES[risk],
    },
  )
}

const toSentence = (meaning: string): string => `${meaning[0]!.toUpperCase()}${meaning.slice(1)}.`

const createDescriptor = (
  id: string,
  text: string,
  level: Finding['severity'],
  { help, severity }: { readonly help: string; readonly severity: string | undefined },
): SarifRule => ({
  id,
  shortDescription: { text },
  fullDescription: { text },
  help: { text: help },
  defaultConfiguration: { level },
  properties: {
    tags: severity === undefined ? ['webassembly'] : ['security', 'webassembly'],
    precision: 'very-high',
    ...(severity !== undefined && { 'security-severity': severity }),
  },
})

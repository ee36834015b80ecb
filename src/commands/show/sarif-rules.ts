import type { Risk } from '../../capabilities/catalog/class-rule.ts'
import { type CapabilityClass, CLASSES, classRule } from '../../capabilities/catalog/classes.ts'
import { type Finding, type Rule, RULES } from '../../capabilities/evaluate/finding.ts'

/** A `reportingDescriptor` of SARIF, with what GitHub code scanning asks of one. */
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

/** Stable from version to version: alerts are told apart by it. What is not granted has a rule for each class. */
export const toRuleId = ({ rule, class: name }: Pick<Finding, 'rule' | 'class'>): string =>
  rule === 'not-granted' && name !== undefined ? `${rule}/${name}` : rule

/** Every rule there is, whatever was found: runs of one version differ in their results alone. */
export const createSarifRules = (): SarifRule[] => [
  ...(Object.keys(RULES) as Rule[]).map(createRule),
  ...(Object.keys(CLASSES) as CapabilityClass[])
    .filter((name) => classRule(name).grants !== undefined)
    .map(createClassRule),
]

/** As GitHub reads them: from 7.0 on high, from 4.0 on medium, below low; 0.0 is no severity. */
const SEVERITIES: Readonly<Record<Risk, string>> = { high: '8.0', medium: '5.5', low: '2.5', none: '0.1' }

/** Of rules that tell of something the module could do and nobody allowed; those without one are no security rules. */
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
  'not-granted':
    'What a module does not import it cannot do. Grant the capability in its capability manifest, or build the module without it.',
  'unknown-import':
    'Find out what the host would do when it is called. If it may be, add it to spec.hostInterfaces of the capability manifest.',
  'look-alike': 'Find out who built the module. Nothing is granted by a name that only looks like another.',
  'export-missing': 'Build the module so that it exports what spec.exports.required names.',
  'export-forbidden': 'Build the module without the export, or take it off spec.exports.forbidden.',
  'unused-grant': 'Take the grant out of the capability manifest: least privilege.',
}

function createRule(rule: Rule): SarifRule {
  const { meaning, severity } = RULES[rule]
  return createDescriptor(rule, toSentence(meaning), severity, {
    help: HELP[rule] ?? 'Change the module, or what its capability manifest and the policies in force say.',
    severity: RULE_SEVERITIES[rule],
  })
}

function createClassRule(name: CapabilityClass): SarifRule {
  const { meaning, risk, example, runtime } = classRule(name)
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

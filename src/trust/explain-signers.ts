import { printable } from '../printable.ts'
import type { RootRule, SignerParts, SignerRule } from './signers.ts'

/** Sentences about each part of a policy; a part that is added needs its own. */
export type Explanations<Spec> = {
  readonly [Key in keyof Spec]-?: (part: NonNullable<Spec[Key]>) => readonly string[]
}

/** What the parts of a specification mean, in the order of the explanations. */
export const explainParts = <Spec extends object>(
  spec: Spec,
  explanations: Explanations<Spec>,
): readonly string[] =>
  (Object.keys(explanations) as (keyof Spec)[]).flatMap((key) => {
    const part = spec[key]
    return part === undefined || part === null ? [] : explanations[key](part)
  })

/** `a`, `a and b`, `a, b and c`. */
export const joinWords = (words: readonly string[], last = 'and'): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)!}`

/** A text that the author of a policy chose, in quotes. */
export const quote = (text: string): string => `"${printable(text)}"`

/** What the roots and roles of a policy mean. */
export const SIGNER_EXPLANATIONS: Explanations<SignerParts> = {
  roots: (roots) => [...roots].map(([name, root]) => explainRoot(name, root)),
  signers: (signers) =>
    [...signers].map(
      ([role, rules]) =>
        `The role ${role} is ${joinWords(
          rules.map((rule) => describeRule(rule)),
          'or',
        )}.`,
    ),
}

function explainRoot(name: string, { trustedRoot, logEntries, timestamps, scts }: RootRule): string {
  const needs = [
    [logEntries, 'verified log entries', 'logs are not looked at'],
    [timestamps, 'verified timestamps', 'timestamps are not required'],
    [scts, 'verified SCTs of its certificate', 'SCTs are not looked at'],
  ] as const
  const counts = needs.flatMap(([count, what]) => (count === 0 ? [] : [`${count} or more ${what}`]))
  const needed = counts.length === 0 ? [] : [`a signature needs ${counts.join(', ')}`]
  const ignored = needs.flatMap(([count, , none]) => (count === 0 ? [none] : []))
  return `By the root ${name} (file ${quote(trustedRoot)}), ${[...needed, ...ignored].join('; ')}.`
}

function describeRule(rule: SignerRule): string {
  if (rule.kind === 'key')
    return rule.root === undefined
      ? `the key of the file ${quote(rule.key)} (no verified times)`
      : `the key of the file ${quote(rule.key)} (by the root ${rule.root})`
  const source =
    rule.sourceRepository === undefined
      ? ''
      : ` in a workflow for the repository ${quote(rule.sourceRepository)}`
  return `the identity ${quote(rule.identity)} of the issuer ${quote(rule.issuer)}${source}, by the root ${rule.root}`
}

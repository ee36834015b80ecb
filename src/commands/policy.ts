import type { Command } from 'commander'

import { isLocalFile } from '../delivery/inspect-subject.ts'
import type { OpenTarget } from '../delivery/open/open-target.ts'
import { explainPolicyFile, type PolicyExplanation } from '../delivery/explain-policies.ts'
import type { Policies } from '../delivery/policies.ts'
import {
  type PolicyTestResult,
  testPoliciesOnArtifact,
  testPoliciesOnFile,
  testTrustOnArtifact,
  type TrustTestResult,
} from '../delivery/test-policies.ts'
import { WasmpackError } from '../errors.ts'
import { printable, quoted } from '../printable.ts'
import { runForEachReference, type ReferenceResult } from './cli/each-reference.ts'
import { type CapabilityFlags, addCapabilitiesOption } from './flags/capabilities.ts'
import { type OutputFlags, type Context, type CreateContext, type DefineCommand } from './cli/command.ts'
import { addExamples } from './cli/help.ts'
import { requireSubcommand } from './cli/subcommand.ts'
import { addOutputOptions } from './flags/output.ts'
import { createPathParser } from './flags/path.ts'
import {
  type PolicyFlags,
  readPolicyFlags,
  choosePolicyRepository,
  addPolicyOptions,
} from './flags/policies.ts'
import { parseTagOrDigest } from './flags/references.ts'
import { readOpener, type TransportFlags, addTransportOptions } from './flags/transport.ts'
import { describePolicies } from './show/policies.ts'
import { describeTrustTest, isUntrusted, toTrustTestJson } from './show/trust.ts'
import { countMore } from '../listing.ts'
import { IN_JSON } from './show/in-json.ts'
import { chooseHint } from './show/verdict.ts'

interface Flags extends OutputFlags, CapabilityFlags, PolicyFlags, TransportFlags {}

export const policyCommand: DefineCommand = (command, createContext) => {
  command.description('Test modules and artifacts against policies, and explain policies.')
  defineTest(command.command('test'), createContext)
  defineExplain(command.command('explain'), createContext)
  requireSubcommand(command)
}

function defineTest(command: Command, createContext: CreateContext): void {
  command
    .summary('show which policies apply to a module or an artifact, and the verdict of each')
    .description(
      `Test modules and artifacts against the installed policies and those given with --policy. Shows which policies apply
and the verdict of each. Trust policies are tested on artifacts, not on files.`,
    )
    .argument('<module|reference...>', 'module files, or artifacts by tag or digest')
    .action(async (subjects: readonly string[], flags: Flags) => {
      const context = createContext(flags)
      const policies = await readPolicyFlags(flags, context.signal)
      let opener: Promise<OpenTarget> | undefined
      const openTarget = (): Promise<OpenTarget> => (opener ??= readOpener(flags, context))
      await runForEachReference(subjects, context, (subject, context) =>
        testSubject(subject, { policies, openTarget, flags, context }),
      )
    })
  addPolicyOptions(
    addCapabilitiesOption(
      command,
      'capability manifest, - for stdin (file: instead of the one next to it; artifact: in addition to its own)',
    ),
  )
  addExamples(
    addOutputOptions(addTransportOptions(command)),
    'wasmpack policy test app.wasm --as registry.example.com/team/app',
    'wasmpack policy test registry.example.com/team/app:1.0.0 --policy stricter.yaml --format json',
  )
}

function defineExplain(command: Command, createContext: CreateContext): void {
  command
    .summary('print in sentences what the policies of a file mean')
    .description(
      'Print in sentences what the capability policies and trust policies of a file mean, for a reviewer. Keys and roots that they name are not read.',
    )
    .argument('<file>', 'file of policies, - for stdin', createPathParser('<file>'))
    .action(async (file: string, flags: OutputFlags) => {
      const { reporter, signal } = createContext(flags)
      const explained = await explainPolicyFile(file, signal)
      reporter.result(
        {
          policies: explained.map(({ kind, name, location, sentences }) => ({
            kind,
            name,
            file: location.file,
            at: location.at,
            sentences,
          })),
        },
        explained.flatMap((one) => describeExplanation(one)).join('\n'),
      )
    })
  addExamples(addOutputOptions(command), 'wasmpack policy explain policy.yaml')
}

const describeExplanation = ({ kind, name, location, sentences }: PolicyExplanation): readonly string[] => [
  `${kind} ${quoted(name)} (${location.at})`,
  ...sentences.map((sentence) => `  ${sentence}`),
]

interface PolicyTest {
  readonly policies: Policies
  readonly openTarget: () => Promise<OpenTarget>
  readonly flags: Flags
  readonly context: Context
}

async function testSubject(subject: string, test: PolicyTest): Promise<ReferenceResult> {
  const { repository, trials, trust } = await runTrials(subject, test)
  const denied = trials.filter(({ findings }) => findings.length > 0)
  const json = {
    subject,
    ...(repository !== undefined && { repository }),
    policies: trials.map(toTrialJson),
    ...toTrustTestJson(trust),
  }
  const tried = [...trials.flatMap(describeTrial), ...describeTrustTest(trust)]
  const lines = tried.length === 0 ? ['  no policies found'] : tried
  const text = [
    `${printable(subject)}${repository === undefined ? '' : ` as ${repository}`}:`,
    ...lines,
  ].join('\n')
  const untrusted = isUntrusted(trust)
  if (denied.length === 0 && !untrusted) return { json, text }
  if (test.context.reporter.format === 'text') test.context.reporter.notice(text)
  if (denied.length === 0)
    throw new WasmpackError('TRUST_DENIED', `${printable(subject)} is refused by a trust policy`, {
      hint: 'have it signed as the policy requires, or have the policy changed',
      details: json,
    })
  const files = [...new Set(denied.map(({ policy }) => printable(policy.file)))]
  throw new WasmpackError('CAPABILITY_DENIED', `${printable(subject)} exceeds ${files.join(' and ')}`, {
    hint: chooseHint(denied.flatMap(({ findings }) => findings)),
    details: json,
  })
}

async function runTrials(
  subject: string,
  { policies, openTarget, flags, context: { signal } }: PolicyTest,
): Promise<{
  readonly repository: string | undefined
  readonly trials: readonly PolicyTestResult[]
  readonly trust: TrustTestResult | undefined
}> {
  if (await isLocalFile(subject)) {
    const repository = choosePolicyRepository(flags)
    return {
      repository,
      trials: await testPoliciesOnFile(subject, { policies, repository }, flags.capabilities, signal),
      trust: undefined,
    }
  }
  const { reference, name } = parseTagOrDigest(subject)
  const repository = choosePolicyRepository(flags, reference)
  const target = await (await openTarget())(reference)
  return {
    repository,
    trials: await testPoliciesOnArtifact(target, name, { policies, repository }, flags.capabilities, {
      signal,
    }),
    trust: await testTrustOnArtifact(target, name, { policies, repository }, { signal }),
  }
}

const toTrialJson = ({ policy, applies, findings }: PolicyTestResult): object => ({
  name: policy.policy.metadata.name,
  file: policy.file,
  repositories: policy.policy.spec.match?.repositories ?? ['**'],
  applies,
  ...(applies && { allowed: findings.length === 0, findings }),
})

function describeTrial({ policy, applies, findings }: PolicyTestResult): readonly string[] {
  const [name] = describePolicies([policy])
  if (!applies) return [`  no match    ${name}, for ${policy.policy.spec.match!.repositories.join(', ')}`]
  return findings.length === 0
    ? [`  allowed     ${name}`]
    : [`  denied      ${name}`, ...listMessages(findings).map((line) => `              ${line}`)]
}

const MOST_MESSAGES = 100

const listMessages = (findings: PolicyTestResult['findings']): readonly string[] => {
  const lines = findings.slice(0, MOST_MESSAGES).map(({ message }) => message)
  return [...lines, ...countMore(findings.length - lines.length, IN_JSON)]
}

import type { CopyChecks } from '../delivery/promote.ts'
import { tagArtifact } from '../delivery/tag.ts'
import { isNoTrust } from '../delivery/trust-policies.ts'
import type { ReadOnlyTarget } from '../oci/target.ts'
import type { Context, DefineCommand, OutputFlags } from './cli/command.ts'
import { addExamples } from './cli/help.ts'
import { describeGrantSource } from './flags/admission.ts'
import { openReference } from './flags/open-reference.ts'
import { addOutputOptions } from './flags/output.ts'
import {
  addOptionalPolicyOptions,
  choosePolicyRepository,
  createPolicyCheck,
  type OptionalPolicyFlags,
  readOptionalPolicyFlags,
} from './flags/policies.ts'
import { parseTag, parseTagOrDigest } from './flags/references.ts'
import { addTransportOptions, type TransportFlags } from './flags/transport.ts'
import { warnOfWaivers } from './show/trust.ts'
import { reportDenial } from './show/verdict.ts'

interface Flags extends OutputFlags, OptionalPolicyFlags, TransportFlags {}

export const tagCommand: DefineCommand = (command, createContext) => {
  command
    .description(
      'Add tags to an artifact in its repository, if the policies in force allow its module and those who signed it. Nothing else is written.',
    )
    .argument('<reference>', 'artifact by tag or digest')
    .argument('<tag...>', 'tags to add')
    .action(async (text: string, words: readonly string[], flags: Flags) => {
      const context = createContext(flags)
      const tags = words.map(parseTag)
      const policies = await readOptionalPolicyFlags(flags, context)
      const repository = choosePolicyRepository(flags, parseTagOrDigest(text).reference)
      const inForce = policies.of(repository)
      const trustPolicies = policies.trust.of(repository)
      const growth = [{ policies: inForce, trust: trustPolicies, repository }]
      const { name, target } = await openReference(text, flags, context, 'push')
      const destined = { ...trustPolicies, destination: { target, tags } }
      const checks = { admission: createPolicyCheck(inForce), trustPolicies: destined, growth }
      const allowed = await checkPolicies(target, name, checks, context)
      const result = await tagArtifact(target, allowed, tags, { signal: context.signal })
      context.reporter.result(result, result.url)
    })
  addExamples(
    addOutputOptions(addTransportOptions(addOptionalPolicyOptions(command))),
    'wasmpack tag registry.example.com/team/app@sha256:... 1.0 latest',
  )
}

/** The digest of an artifact that the policies allow; the name as it is without policies. Throws CAPABILITY_DENIED and TRUST_DENIED. */
async function checkPolicies(
  target: ReadOnlyTarget,
  name: string,
  checks: CopyChecks,
  { reporter, signal }: Context,
): Promise<string> {
  if (checks.admission === undefined && isNoTrust(checks.trustPolicies)) return name
  const { findCopySource } = await import('../delivery/promote.ts')
  const { root, admission, trust } = await findCopySource(target, name, checks, { signal })
  warnOfWaivers(`${target.name}@${root.digest}`, trust, reporter)
  const verdict = admission?.verdict
  if (verdict?.allowed === false)
    throw reportDenial(reporter, `${target.name}@${root.digest}`, describeGrantSource({}), verdict)
  return root.digest
}

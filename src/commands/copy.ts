import type { OpenTarget } from '../delivery/open/open-target.ts'
import { type CopySource, findCopySource, promoteArtifact, countContents } from '../delivery/promote.ts'
import type { PolicyInForce } from '../delivery/policies.ts'
import { requireReadersOfArtifact, type Reader } from '../delivery/readers.ts'
import type { CopyResult } from '../oci/copy.ts'
import { formatRepository } from '../oci/reference.ts'
import { addDestination, type Check, type CheckFlags, prepareCheck, readCheck } from './copy/checks.ts'
import { type Order, readOrders } from './copy/orders.ts'
import { prepareSummary } from './copy/summary.ts'
import { runForEachReference, type ReferenceResult } from './cli/each-reference.ts'
import { describeGrantSource, addAdmissionOptions } from './flags/admission.ts'
import { type OutputFlags, type Context, type DefineCommand } from './cli/command.ts'
import { addExamples } from './cli/help.ts'
import { addOutputOptions } from './flags/output.ts'
import { addOptionalPolicyOptions } from './flags/policies.ts'
import { addReadersOption, type ReaderFlags, readReaderFlags } from './flags/readers.ts'
import {
  addSummaryOptions,
  readSummaryFlags,
  type SummaryFlags,
  type SummarySigning,
} from './flags/summary.ts'
import { readOpener, type TransportFlags, addTransportOptions } from './flags/transport.ts'
import { toPoliciesJson } from './show/policies.ts'
import { toTrustJson, warnOfWaivers } from './show/trust.ts'
import { reportDenial } from './show/verdict.ts'
import { toVerificationJson } from './show/verification.ts'

interface Flags
  extends Omit<SummaryFlags, 'trustedRoot'>, OutputFlags, CheckFlags, ReaderFlags, TransportFlags {
  readonly fromFile?: string
  readonly withoutReferrers?: boolean
}

export const copyCommand: DefineCommand = (command, createContext) => {
  command
    .description(
      `Copy an artifact with its signatures, attestations and other referrers to another repository, registry, OCI layout or OCI
archive. Content is copied byte for byte and tags are written last. With --verify, nothing is written before the signature,
digests and imports are checked; policies in force are checked without it, too. Prints REPOSITORY@DIGEST.`,
    )
    .argument('[source]', 'artifact by tag or digest')
    .argument('[destination]', "repository, or REPOSITORY:TAG1,TAG2 (default: the source's tag)")
    .option('--from-file <file>', 'copy each SOURCE DESTINATION line of a file, - for stdin')
    .option('--without-referrers', 'do not copy signatures, attestations and other referrers')
    .option('--verify', 'check signature, digests and capabilities before anything is written')
    .action(async (source: string | undefined, destination: string | undefined, flags: Flags) => {
      const context = createContext(flags)
      const orders = await readOrders(source, destination, flags.fromFile, context.signal)
      const readers = readReaderFlags(flags)
      const check = await readCheck(flags, context)
      const summary = await readSummaryFlags(flags, context)
      const openTarget = await readOpener(flags, context)
      const byText = new Map(orders.map((order) => [order.text, order]))
      await runForEachReference([...byText.keys()], context, (text, context) =>
        copyOne(byText.get(text)!, { check, summary, readers, openTarget, flags, context }),
      )
    })
  addOptionalPolicyOptions(
    addAdmissionOptions(
      addReadersOption(command),
      'with --verify: additional capability manifest the module must satisfy, - for stdin',
    ),
  )
  addExamples(
    addOutputOptions(addTransportOptions(addSummaryOptions(command))),
    'wasmpack copy stage.example.com/team/app:1.0.0 prod.example.com/team/app --verify --key cosign.pub',
    'wasmpack copy stage.example.com/team/app:1.0.0 prod.example.com/team/app --verify --policy trust.yaml --vsa --signing-key promoter.key',
    'wasmpack copy registry.example.com/team/app:1.0.0 oci-layout:./carried:1.0.0',
    'wasmpack copy registry.example.com/team/app:1.0.0 oci-archive:app.tar',
    'wasmpack copy --from-file promotions.txt --format json',
  )
}

interface Copy {
  readonly check: Check
  /** Who signs that the checks passed, if that is to be attached. */
  readonly summary: SummarySigning | undefined
  /** The consumers that have to read what is copied. */
  readonly readers: readonly Reader[]
  readonly openTarget: OpenTarget
  readonly flags: Flags
  readonly context: Context
}

async function copyOne(order: Order, copy: Copy): Promise<ReferenceResult> {
  const { check, summary, readers, openTarget, flags, context } = copy
  const { reporter, signal } = context
  const { source, destination, name, tags } = order
  const { checks, inForce } = prepareCheck(order, copy)
  const from = { reference: source, target: await openTarget(source, { purpose: 'pull' }) }
  const destined = await addDestination(checks, order, openTarget)
  const candidate = await findCopySource(from.target, name, destined, { signal })
  const origin = `${from.target.name}@${candidate.root.digest}`
  warnOfWaivers(origin, candidate.trust, reporter)
  throwIfDenied(candidate, origin, flags, context)
  await requireReadersOfArtifact(readers, candidate.source, candidate.root.digest, { signal })
  const summarize =
    summary && (await prepareSummary(candidate, order, inForce, { check, summary, flags, context }))
  const to = {
    reference: destination,
    target: await openTarget(destination, { create: true, purpose: 'push', commits: true }),
  }
  const transfer = reporter.transfer(`copying ${from.target.name}`, countContents(candidate))
  const copied = await promoteArtifact(
    candidate,
    { from, to },
    { tags, withReferrers: !flags.withoutReferrers, beforeTags: summarize && (() => summarize(to.target)) },
    {
      signal,
      progress: transfer.advance,
      onUnreadable: ({ message }) => reporter.warn(`${origin}: signatures may be missing: ${message}`),
    },
  ).finally(transfer.end)
  const repository = formatRepository(destination)
  const { digest } = candidate.root
  const url = `${repository}@${digest}`
  printNotices(copied, origin, url, flags, context)
  if (!flags.withoutReferrers && from.target.unlisted !== undefined)
    reporter.warn(`${origin}: signatures may be missing: ${from.target.unlisted}`)
  const { skipped, ...outcome } = copied
  return {
    json: {
      url,
      repository,
      ...(tags[0] === undefined ? {} : { tag: tags[0] }),
      digest,
      tags,
      source: origin,
      ...outcome,
      ...(skipped.length === 0 ? {} : { skipped }),
      ...(check.rules === undefined
        ? { verified: false, ...toPoliciesJson(inForce) }
        : toChecksJson(candidate, inForce, flags)),
      ...toTrustJson(candidate.trust),
    },
    text: url,
  }
}

/** Throws CAPABILITY_DENIED after printing every finding; warnings are printed. */
function throwIfDenied({ admission }: CopySource, origin: string, flags: Flags, { reporter }: Context): void {
  const verdict = admission?.verdict
  if (verdict?.allowed === false) throw reportDenial(reporter, origin, describeGrantSource(flags), verdict)
  for (const { rule, message } of verdict?.findings ?? [])
    if (rule !== 'unused-grant') reporter.warn(`${origin}: ${message}`)
}

const toChecksJson = (
  { admission }: CopySource,
  inForce: readonly PolicyInForce[],
  { insecureIgnoreCapabilities }: Flags,
): Record<string, unknown> => ({
  ...toVerificationJson(admission?.verification),
  capabilities: insecureIgnoreCapabilities ? 'ignored' : 'checked',
  ...toPoliciesJson(inForce),
})

function printNotices(
  { written, skipped }: CopyResult,
  origin: string,
  url: string,
  { withoutReferrers }: Flags,
  { reporter }: Context,
): void {
  for (const { digest, tag, reason } of skipped)
    reporter.warn(`${origin}: ${digest ?? tag} was not copied with the referrers: it ${reason}`)
  if (!written) reporter.notice(`unchanged: ${url} is already complete`)
  if (withoutReferrers)
    reporter.notice('signatures and other referrers were not copied (--without-referrers)')
}

import { readCopyList } from '../delivery/files/copy-list.ts'
import type { GrowthScope } from '../delivery/growth.ts'
import type { OpenTarget } from '../delivery/open/open-target.ts'
import {
  type CopyChecks,
  type CopySource,
  findCopySource,
  promoteArtifact,
  countContents,
} from '../delivery/promote.ts'
import type { Policies, PolicyInForce } from '../delivery/policies.ts'
import { requireReadersOfArtifact, type Reader } from '../delivery/readers.ts'
import { chooseVerifier, comparesWithDestination } from '../delivery/trust-policies.ts'
import { WasmpackError } from '../errors.ts'
import { printable } from '../printable.ts'
import { redactLocation } from '../redacted.ts'
import type { CopyResult } from '../oci/copy.ts'
import { formatRepository, type Reference } from '../oci/reference.ts'
import { type ReadOnlyTarget, type Target, undefinedIfNotFound } from '../oci/target.ts'
import { toRfc3339Seconds } from '../time.ts'
import { runForEachReference, type ReferenceResult } from './cli/each-reference.ts'
import {
  type AdmissionFlags,
  type AdmissionRules,
  describeGrantSource,
  readAdmissionRules,
  addAdmissionOptions,
} from './flags/admission.ts'
import { type OutputFlags, type Context, type DefineCommand } from './cli/command.ts'
import { addExamples } from './cli/help.ts'
import { addOutputOptions } from './flags/output.ts'
import {
  type OptionalPolicyFlags,
  readOptionalPolicyFlags,
  createPolicyCheck,
  choosePolicyRepository,
  addOptionalPolicyOptions,
} from './flags/policies.ts'
import { addReadersOption, type ReaderFlags, readReaderFlags } from './flags/readers.ts'
import { findTrustOption } from './flags/trust.ts'
import { parseDestination, parseTagOrDigest } from './flags/references.ts'
import { exclusiveOptions } from './flags/exclusive.ts'
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
  extends
    Omit<SummaryFlags, 'trustedRoot'>,
    OutputFlags,
    AdmissionFlags,
    OptionalPolicyFlags,
    ReaderFlags,
    TransportFlags {
  readonly fromFile?: string
  readonly withoutReferrers?: boolean
  readonly verify?: boolean
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
      const orders = await readOrders(source, destination, flags, context)
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

/** One copy to make. */
interface Order {
  readonly text: string
  readonly source: Reference
  /** Tag or digest. */
  readonly name: string
  readonly destination: Reference
  readonly tags: readonly string[]
}

async function readOrders(
  source: string | undefined,
  destination: string | undefined,
  { fromFile }: Flags,
  { signal }: Context,
): Promise<readonly Order[]> {
  const usage = (problem: string, hint: string): WasmpackError =>
    new WasmpackError('USAGE', problem, { hint })
  if (fromFile === undefined) {
    if (source === undefined || destination === undefined)
      throw usage(
        `copy needs 2 arguments, got ${source === undefined ? 0 : 1}: SOURCE DESTINATION`,
        `wasmpack copy ${source === undefined ? 'SOURCE' : printable(redactLocation(source))} DESTINATION`,
      )
    return [parseOrder(source, destination)]
  }
  if (source !== undefined)
    throw usage('--from-file cannot be used with SOURCE and DESTINATION', 'pass only one of them')
  const orders = (await readCopyList(fromFile, signal)).map((line) =>
    parseOrder(line.source, line.destination),
  )
  const written = new Map<string, Order>()
  for (const order of orders)
    for (const tag of order.tags) {
      const name = `${formatRepository(order.destination)}:${tag}`
      if (written.has(name))
        throw usage(
          `${fromFile === '-' ? 'stdin' : fromFile} lists two copies to ${name}`,
          'remove one of the two lines',
        )
      written.set(name, order)
    }
  return orders
}

function parseOrder(sourceText: string, destinationText: string): Order {
  const { reference: source, name } = parseTagOrDigest(sourceText)
  const { reference: destination, tags } = parseDestination(destinationText, source)
  return { text: `${sourceText} ${destinationText}`, source, name, destination, tags }
}

/** The checks that are made before anything is written. */
interface Check {
  /** With --verify; without it only the policies in force are checked. */
  readonly rules: AdmissionRules | undefined
  readonly policies: Policies
}

async function readCheck(flags: Flags, context: Context): Promise<Check> {
  if (flags.verify) {
    if (flags.insecureIgnorePolicies) throw exclusiveOptions('--verify', '--insecure-ignore-policies')
    return {
      rules: await readAdmissionRules(flags, context),
      policies: await readOptionalPolicyFlags(flags, context),
    }
  }
  const unused =
    findTrustOption(flags) ??
    (
      [
        ['-c', flags.capabilities],
        ['--insecure-ignore-signature', flags.insecureIgnoreSignature],
        ['--insecure-ignore-capabilities', flags.insecureIgnoreCapabilities],
      ] as const
    ).find(([, value]) => value !== undefined)?.[0]
  if (unused === undefined)
    return { rules: undefined, policies: await readOptionalPolicyFlags(flags, context) }
  throw new WasmpackError('USAGE', `${unused} requires --verify`, {
    hint: 'pass --verify as well; without it, copy checks only digests and policies',
  })
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
  const summarize = summary && (await prepareSummary(candidate, order, inForce, copy))
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

/** Attaches the summaries to the copy. Throws for what cannot be summarised, before anything is written. */
async function prepareSummary(
  candidate: CopySource,
  { destination }: Order,
  inForce: readonly PolicyInForce[],
  { check, summary, flags, context: { signal, environment } }: Copy,
): Promise<(target: Target) => Promise<void>> {
  const ignored = (
    [
      ['--insecure-ignore-signature', flags.insecureIgnoreSignature],
      ['--insecure-ignore-capabilities', flags.insecureIgnoreCapabilities],
    ] as const
  ).find(([, value]) => value)?.[0]
  if (ignored !== undefined) throw exclusiveOptions('--vsa', ignored)
  if (check.rules === undefined)
    throw new WasmpackError('USAGE', '--vsa requires --verify', {
      hint: 'pass --verify as well: a summary says what was verified',
    })
  if (destination.kind !== 'registry')
    throw new WasmpackError(
      'USAGE',
      `--vsa requires a registry, and ${formatRepository(destination)} is an OCI ${destination.kind}`,
      {
        hint: 'a summary names the repository where the artifact is admitted; copy to a layout without --vsa',
      },
    )
  const { attachSummaries, listSummarizedFiles } = await import('../delivery/summarize.ts')
  listSummarizedFiles(candidate, inForce)
  const timeVerified = environment.readCreated() ?? toRfc3339Seconds(new Date())
  const request = { ...summary!, timeVerified, digests: check.policies.digests, inForce }
  return async (target) => {
    await attachSummaries(target, candidate, request, { signal })
  }
}

/** The checks of one copy: the policies of both repositories, each with its own versions, and the trust of the source, if it is known. */
function prepareCheck(
  { source, destination }: Order,
  { check: { rules, policies }, openTarget, flags }: Copy,
): { readonly checks: CopyChecks; readonly inForce: readonly PolicyInForce[] } {
  const known = [source, destination].filter(({ kind }) => kind === 'registry')
  const scopes = (known.length === 0 ? [source] : known).map((one): GrowthScope => {
    const repository = choosePolicyRepository(flags, one)
    const trust = policies.trust.of(repository)
    const openHistory = (): Promise<ReadOnlyTarget> => openTarget(one, { purpose: 'pull' })
    return { policies: policies.of(repository), trust, repository, openHistory }
  })
  const inForce = [...new Set(scopes.flatMap((scope) => scope.policies))]
  const repositories = scopes.map(({ repository }) => repository)
  const trustPolicies = policies.trust.of(...repositories)
  const common = { trustPolicies, growth: scopes }
  if (rules === undefined) return { checks: { ...common, admission: createPolicyCheck(inForce) }, inForce }
  const verifier = chooseVerifier(rules.trust, trustPolicies, repositories[0])
  const requirements = inForce.map(({ requirement }) => requirement)
  return { checks: { ...common, admission: { ...rules.checks, verifier, requirements } }, inForce }
}

/** The checks with what is at the destination now, where a policy asks for it; it is opened to be read. */
async function addDestination(
  { trustPolicies, ...checks }: CopyChecks,
  { destination, tags }: Order,
  openTarget: OpenTarget,
): Promise<CopyChecks> {
  if (!comparesWithDestination(trustPolicies)) return { ...checks, trustPolicies }
  const target = await undefinedIfNotFound(openTarget(destination, { purpose: 'pull' }))
  return { ...checks, trustPolicies: { ...trustPolicies, destination: { target, tags } } }
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

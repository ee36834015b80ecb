import { addsCapabilities, toManifestPath } from '../capabilities/diff/find-growth.ts'
import { compareSubjects, type DiffResult } from '../delivery/compare-subjects.ts'
import { type GrowthScope, hasGrowth } from '../delivery/growth.ts'
import { isLocalFile } from '../delivery/inspect-subject.ts'
import type { Policies } from '../delivery/policies.ts'
import { WasmpackError } from '../errors.ts'
import { type Context, type OutputFlags, type DefineCommand } from './cli/command.ts'
import { addExamples } from './cli/help.ts'
import { addOutputOptions } from './flags/output.ts'
import {
  addPolicyOptions,
  choosePolicyRepository,
  type PolicyFlags,
  readPolicyFlags,
} from './flags/policies.ts'
import { parseTagOrDigest } from './flags/references.ts'
import { createExaminer, rejectTrustForFiles } from './flags/subject.ts'
import { type TransportFlags, addTransportOptions } from './flags/transport.ts'
import { readTrustIfGiven, type TrustFlags, addTrustOptions } from './flags/trust.ts'
import { countAdded, describeDiff, type JudgedDiff, toDiffJson } from './show/diff.ts'
import { renderDiffMarkdown } from './show/diff-markdown.ts'
import { listFirst } from '../listing.ts'

interface Flags extends OutputFlags<'markdown'>, PolicyFlags, TransportFlags, TrustFlags {
  readonly failOnAdded?: boolean
}

export const diffCommand: DefineCommand = (command, createContext) => {
  command
    .description(
      `Compare two versions of a module, each a file or an artifact. Lists new capabilities and grants first, then imports, exports,
limits and size. Grants are read from the embedded capability manifest, or from the one next to the file. Signatures are
verified only with --key or --certificate-identity.`,
    )
    .argument('<old>', 'old version: module file, or artifact by tag or digest')
    .argument('<new>', 'new version: module file, or artifact by tag or digest')
    .option('--fail-on-added', 'exit with status 3 if a capability, an unknown import or a grant was added')
    .action(async (old: string, now: string, flags: Flags) => {
      const context = createContext(flags)
      await rejectTrustForFiles(flags, [old, now])
      const trust = await readTrustIfGiven(flags, context)
      const examine = createExaminer(flags, context)
      const policies = await readPolicyFlags(flags, context.signal)
      const compared = await compareSubjects(await examine(old, { trust }), await examine(now, { trust }))
      const comparison = await addJudgements(compared, [now, old], policies, flags, context)
      const fails = flags.failOnAdded === true && addsCapabilities(comparison.diff.added)
      // stdout gets one JSON object: the error contains the comparison.
      if (!(fails && flags.format === 'json'))
        context.reporter.result(
          toDiffJson(comparison),
          flags.format === 'markdown' ? renderDiffMarkdown(comparison) : describeDiff(comparison),
        )
      if (fails) throw createAddedError(comparison)
    })
  addExamples(
    addOutputOptions(addTransportOptions(addPolicyOptions(addTrustOptions(command))), 'markdown'),
    'wasmpack diff app-1.0.wasm app-1.1.wasm',
    'wasmpack diff registry.example.com/team/app:1.0.0 build/app.wasm --fail-on-added --format markdown',
  )
}

/**
 * Tells approved growth apart, and which signers and attestations were lost, by the policies in force for the repository of the new
 * version, or of the old one.
 */
async function addJudgements(
  compared: DiffResult,
  subjects: readonly string[],
  policies: Policies,
  flags: Flags,
  { signal }: Context,
): Promise<JudgedDiff> {
  for (const text of subjects) {
    if (await isLocalFile(text)) continue
    const repository = choosePolicyRepository(flags, parseTagOrDigest(text).reference)
    if (repository === undefined) return compared
    const scope = { policies: policies.of(repository), trust: policies.trust.of(repository), repository }
    return {
      ...compared,
      ...(await judgeGrowth(compared, scope, signal)),
      ...(await judgeTrust(compared, scope, signal)),
    }
  }
  return compared
}

async function judgeGrowth(
  compared: DiffResult,
  scope: GrowthScope,
  signal: AbortSignal,
): Promise<Pick<JudgedDiff, 'growth'>> {
  if (!hasGrowth(scope)) return {}
  const { splitGrowth } = await import('../delivery/split-growth.ts')
  const growth = await splitGrowth(compared, scope, { signal })
  return growth === undefined ? {} : { growth }
}

async function judgeTrust(
  compared: DiffResult,
  { trust }: GrowthScope,
  signal: AbortSignal,
): Promise<Pick<JudgedDiff, 'trustRegression'>> {
  if (trust.policies.length === 0) return {}
  const { findTrustLosses } = await import('../delivery/trust-regression.ts')
  const trustRegression = await findTrustLosses(compared, trust, { signal })
  return trustRegression === undefined ? {} : { trustRegression }
}

const LISTED_NAMES = 10

function createAddedError(comparison: JudgedDiff): WasmpackError {
  const { classes, imports, grants } = comparison.diff.added
  const names = [...classes, ...imports, ...grants.map(toManifestPath)]
  return new WasmpackError(
    'CAPABILITY_ADDED',
    `${comparison.new.examined.name} adds ${countAdded(comparison.diff.added)}: ${listFirst(names, LISTED_NAMES)}`,
    {
      hint: 'review what was added; to accept it, omit --fail-on-added',
      details: toDiffJson(comparison),
    },
  )
}

import {
  readEmbeddedCapabilities,
  type InspectedSubject,
  type InspectedArtifact,
  isLocalFile,
} from '../delivery/inspect-subject.ts'
import { createModuleCopy } from '../delivery/files/module-copy.ts'
import { findCompatibleTargets } from '../delivery/targets/run-targets.ts'
import type { StartCost } from '../delivery/start-cost.ts'
import { listReadings, readShape } from '../delivery/readers.ts'
import { WasmpackError } from '../errors.ts'
import { quoted } from '../printable.ts'
import type { Referrer } from '../attestations/discover.ts'
import type { VerificationResult } from '../attestations/verify.ts'
import { describeSigner } from '../signing/verified-signer.ts'
import { formatProperty } from '../ui/columns.ts'
import { formatSize } from '../ui/progress.ts'
import type { Inspection } from '../wasm/types/inspection.ts'
import { type OutputFlags, type Context, type DefineCommand } from './cli/command.ts'
import { addExamples } from './cli/help.ts'
import { addOutputOptions } from './flags/output.ts'
import { createExaminer, rejectTrustForFiles } from './flags/subject.ts'
import { type TransportFlags, addTransportOptions } from './flags/transport.ts'
import { readTrustIfGiven, type TrustFlags, addTrustOptions } from './flags/trust.ts'
import { describeReadings } from './show/readings.ts'
import { describeInspection, toInspectionJson } from './show/inspection.ts'
import { describeStartCost } from './show/start-cost.ts'
import { toVerificationJson } from './show/verification.ts'

interface Flags extends OutputFlags, TransportFlags, TrustFlags {
  readonly features?: boolean
  readonly coldStart?: boolean
  readonly readers?: boolean
}

export const inspectCommand: DefineCommand = (command, createContext) => {
  command
    .description(
      `Show the imports of a module by capability and risk, its exports, WebAssembly features and toolchain. For an artifact, also
show its digest, layout, embedded capability manifest and referrers. Signatures are verified only with --key or
--certificate-identity: then the command fails where verify fails.`,
    )
    .argument('<module|reference>', 'module file, or artifact by tag or digest')
    .option('--features', 'also scan every instruction for required WebAssembly features')
    .option(
      '--cold-start',
      'also measure the cold start: transfer size, compile and instantiate time in V8 and Wasmtime',
    )
    .option('--readers', 'also list which consumers read the artifact as it is')
    .action(async (what: string, flags: Flags) => {
      const context = createContext(flags)
      if (flags.readers && (await isLocalFile(what)))
        throw new WasmpackError('USAGE', `--readers needs an artifact, and ${what} is a local file`, {
          hint: 'push it with --for CONSUMER, which names the profile that works',
        })
      await rejectTrustForFiles(flags, [what])
      const trust = await readTrustIfGiven(flags, context)
      const copy = flags.coldStart && !(await isLocalFile(what)) ? await createModuleCopy() : undefined
      try {
        const examined = await createExaminer(flags, context)(what, {
          trust,
          withInstructions: flags.features === true,
          ...(copy && { sink: copy }),
        })
        const artifact =
          examined.from === 'artifact' ? await readArtifactDetails(examined, flags, context) : NO_ARTIFACT
        const cost = flags.coldStart
          ? await readStartCost(copy?.path ?? what, examined.inspection, context.signal)
          : undefined
        const targets = await findCompatibleTargets(examined.inspection)
        context.reporter.result(...formatResult(examined, { artifact, targets, cost }))
      } finally {
        await copy?.discard()
      }
    })
  addExamples(
    addOutputOptions(addTransportOptions(addTrustOptions(command))),
    'wasmpack inspect app.wasm',
    'wasmpack inspect app.wasm --features --cold-start',
    'wasmpack inspect registry.example.com/team/app:1.0.0 --key cosign.pub --format json',
  )
}

async function readStartCost(path: string, inspection: Inspection, signal: AbortSignal): Promise<StartCost> {
  const { measureStartCost } = await import('../delivery/start-cost.ts')
  return measureStartCost(path, inspection, signal)
}

/** What is shown of an artifact in addition to its module. */
interface ArtifactDetails {
  readonly json: Readonly<Record<string, unknown>>
  readonly lines: readonly string[]
  /** What is transferred in addition to the module. */
  readonly transfer: string
}

const NO_ARTIFACT: ArtifactDetails = { json: {}, lines: [], transfer: '' }

interface InspectionDetails {
  readonly artifact: ArtifactDetails
  readonly targets: readonly string[]
  readonly cost: StartCost | undefined
}

function formatResult(
  { name, from, inspection, instructions }: InspectedSubject,
  { artifact, targets, cost }: InspectionDetails,
): [json: object, text: string] {
  const subject = from === 'file' ? { module: name } : { url: name }
  const text = describeInspection(name, { inspection, instructions }, targets, artifact.lines)
  return [
    {
      ...subject,
      ...artifact.json,
      ...toInspectionJson({ inspection, instructions }),
      targets,
      ...(cost && { startCost: cost }),
    },
    cost === undefined ? text : [text, ...describeStartCost(cost, artifact.transfer)].join('\n'),
  ]
}

async function readArtifactDetails(
  examined: InspectedArtifact,
  flags: Flags,
  { signal, reporter }: Context,
): Promise<ArtifactDetails> {
  const { name, target, opened } = examined
  const readings = flags.readers ? listReadings(await readShape(examined, { signal })) : undefined
  const { manifest, verification, source } = opened
  const { discover } = await import('../attestations/discover.ts')
  const referrers = await discover(target, manifest.digest, {
    signal,
    onUnreadable: ({ message }) => reporter.warn(`the list of referrers may be incomplete: ${message}`),
  })
  const { form, title, size } = source
  const embedded = describeEmbedded(readEmbeddedCapabilities(opened))
  return {
    json: {
      digest: manifest.digest,
      form,
      ...embedded.json,
      referrers,
      ...toVerificationJson(verification),
      ...(readings && { readers: readings }),
    },
    lines: [
      formatProperty('layout', title === undefined ? form : `${form}, ${quoted(title)}`),
      formatProperty('capabilities', embedded.text),
      ...describeReferrers(name, referrers, verification),
      ...describeReadings(readings ?? []),
    ],
    transfer: ` (layer ${formatSize(size)}, manifest ${formatSize(manifest.bytes.length)})`,
  }
}

function describeReferrers(
  url: string,
  referrers: readonly Referrer[],
  verification: VerificationResult | undefined,
): readonly string[] {
  const signatures = referrers.filter(({ kind }) => kind === 'signature').length
  const others = referrers.length - signatures
  const signed = verification
    ? `verified by ${verification.signatures.map(({ signer }) => describeSigner(signer)).join(', ')}`
    : signatures === 0
      ? 'none'
      : `${signatures}, not verified (pass --key)`
  return [
    formatProperty('signatures', signed),
    ...(others > 0
      ? [
          formatProperty(
            'referrers',
            `${others} other than signatures; list them with: wasmpack discover ${url}`,
          ),
        ]
      : []),
  ]
}

/** An invalid capability manifest is shown with its error, so that it can be inspected. */
function describeEmbedded(manifest: ReturnType<typeof readEmbeddedCapabilities>): {
  readonly json: Readonly<Record<string, unknown>>
  readonly text: string
} {
  if (manifest === undefined) return { json: {}, text: 'none embedded' }
  return manifest instanceof WasmpackError
    ? { json: { capabilityManifestProblem: manifest.message }, text: manifest.message }
    : { json: { capabilityManifest: manifest }, text: 'embedded' }
}

import type { Command } from 'commander'

import {
  type AdmittedReference,
  admitReference,
  type AdmissionRules,
} from '../../delivery/admit-reference.ts'
import { compareSubjects } from '../../delivery/compare-subjects.ts'
import { listObjectFiles, readObjectFile, rewriteObjectFile } from '../../delivery/files/object-files.ts'
import { inspectArtifact } from '../../delivery/inspect-subject.ts'
import {
  choosePin,
  describeUnpinned,
  formatPlace,
  locateReferences,
  type LocatedReference,
  pinReference,
} from '../../delivery/pin.ts'
import { requireReadable } from '../../delivery/readers.ts'
import { WasmpackError } from '../../errors.ts'
import { inParallel } from '../../in-parallel.ts'
import { formatRepository } from '../../oci/reference.ts'
import type { Context, CreateContext, OutputFlags } from '../cli/command.ts'
import { reportOutcomes } from '../cli/each-reference.ts'
import { addExamples } from '../cli/help.ts'
import { describeGrantSource } from '../flags/admission.ts'
import {
  type AdmissionOfRunFlags,
  addAdmissionOfRunOptions,
  readAdmissionOfRun,
} from '../flags/admission-of-run.ts'
import { exclusiveOptions } from '../flags/exclusive.ts'
import { addObjectOptions, type ObjectFlags, readFindOptions } from '../flags/objects.ts'
import { addOutputOptions } from '../flags/output.ts'
import { describePins, type Pinned, renderPinsMarkdown, toPinJson } from '../show/pins.ts'
import { warnOfWaivers } from '../show/trust.ts'
import { reportDenial } from '../show/verdict.ts'

interface Flags extends OutputFlags<'markdown'>, AdmissionOfRunFlags, ObjectFlags {
  readonly update?: boolean
  readonly check?: boolean
}

export function definePin(command: Command, createContext: CreateContext): void {
  command
    .summary('write the digest of what was admitted into the Wasm references of Kubernetes objects')
    .description(
      `Write the digest of what was admitted into the Wasm references of Kubernetes objects: in pods of Wasm RuntimeClasses, image
volumes, SpinApps, wasmCloud workloads, Istio's and Envoy Gateway's extensions and Kubewarden policies. Comments and layout
stay. A reference that is not admitted, or that its consumer cannot load, fails the command, and no file is written.`,
    )
    .argument('<path...>', 'files, or directories with .yaml, .yml and .json files')
    .option('--update', 'look again at each tag, or at the range in a comment: # wasmpack: >=1.2 <2')
    .option('--check', 'write nothing, and fail where a reference is not pinned')
    .action(async (paths: readonly string[], flags: Flags) => {
      if (flags.update && flags.check) throw exclusiveOptions('--update', '--check')
      const context = createContext(flags)
      const rules = await readAdmissionOfRun(flags, context)
      await pin(paths, { flags, context, rules, admitted: new Map() })
    })
  addAdmissionOfRunOptions(addObjectOptions(command))
  addExamples(
    addOutputOptions(command, 'markdown'),
    'wasmpack gitops pin deploy/ --key cosign.pub',
    'wasmpack gitops pin deploy/ --key cosign.pub --update --format markdown > changes.md',
    'wasmpack gitops pin deploy/ --key cosign.pub --check',
  )
}

interface Run {
  readonly flags: Flags
  readonly context: Context
  readonly rules: AdmissionRules
  /** By repository, tag or digest, and consumer: what many objects name is read once. */
  readonly admitted: Map<string, Promise<AdmittedReference>>
}

const CONCURRENCY = 4

async function pin(paths: readonly string[], run: Run): Promise<void> {
  const { flags, context } = run
  const { signal, reporter } = context
  const names = await listObjectFiles(paths, flags.exclude ?? [], signal)
  const files = await inParallel(names, CONCURRENCY, (name) => readObjectFile(name, signal))
  const options = await readFindOptions(flags, signal)
  const located = files.flatMap((file) => locateReferences(file, options))
  const outcomes = await inParallel(located, CONCURRENCY, async (one) => {
    try {
      return await pinOne(one, run)
    } catch (error) {
      if (error instanceof WasmpackError) return error
      throw error
    }
  })
  signal.throwIfAborted()
  const pinned = outcomes.filter((outcome): outcome is Pinned => !(outcome instanceof WasmpackError))
  if (pinned.length < outcomes.length)
    return reportOutcomes(
      located.map((one) => `${formatPlace(one)} ${one.found.object} ${one.found.path}`),
      outcomes.map((outcome) =>
        outcome instanceof WasmpackError ? outcome : { json: toPinJson(outcome), text: '' },
      ),
      context,
    )
  const changed = files.filter(({ yaml }) => yaml.isChanged())
  if (!flags.check) for (const file of changed) await rewriteObjectFile(file)
  const results = pinned.map(toPinJson)
  if (reporter.format === 'text')
    reporter.notice(
      `${pinned.length} Wasm references in ${files.length} files are pinned; ${changed.length} files were changed`,
    )
  reporter.result(
    { results },
    flags.format === 'markdown' ? renderPinsMarkdown(pinned) : describePins(pinned),
  )
}

async function pinOne(
  { address, ...one }: ReturnType<typeof locateReferences>[number],
  run: Run,
): Promise<Pinned> {
  const { flags, context, rules } = run
  const { signal } = context
  if (address instanceof WasmpackError) throw address
  const located = { ...one, address }
  const before = String(one.found.scalar.value)
  const target = await choosePin(
    located,
    { update: flags.update === true, openSource: rules.openSource },
    { signal },
  )
  const key = [formatRepository(address), target.name, one.found.reader].join(' ')
  const admitting = run.admitted.get(key) ?? admit(located, target.name, run)
  run.admitted.set(key, admitting)
  const { target: source, admission } = await admitting
  const { digest } = admission.manifest
  if (flags.check) {
    const problem = describeUnpinned(located, digest)
    if (problem !== undefined)
      throw new WasmpackError('REFERENCE_UNPINNED', problem, {
        hint: 'run the same command without --check, and commit what it writes',
      })
    return { located, target, digest, before }
  }
  const old = address.digest
  const diff =
    old === undefined || old === digest
      ? undefined
      : await compareSubjects(
          await inspectArtifact(source, old, { verifier: 'ignored' }, { signal }),
          await inspectArtifact(source, digest, { verifier: 'ignored' }, { signal }),
        )
  pinReference(located, target, digest)
  return { located, target, digest, before, ...(diff && { diff }) }
}

async function admit(
  { found: { reader }, address }: LocatedReference,
  name: string,
  { flags, context, rules }: Run,
): Promise<AdmittedReference> {
  const { reporter, signal } = context
  const admitted = await admitReference(address, name, rules, { signal })
  const { target, admission } = admitted
  const url = `${target.name}@${admission.manifest.digest}`
  warnOfWaivers(url, admission.trust, reporter)
  if (admission.verdict?.allowed === false)
    throw reportDenial(reporter, url, describeGrantSource(flags), admission.verdict)
  if (reader !== undefined) await requireReadable(reader, target, admission, { signal })
  return admitted
}

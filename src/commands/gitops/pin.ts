import type { Command } from 'commander'

import { compareSubjects } from '../../delivery/compare-subjects.ts'
import { listObjectFiles, readObjectFile, rewriteObjectFile } from '../../delivery/files/object-files.ts'
import type { AdmissionResult } from '../../delivery/admit.ts'
import { inspectArtifact, type InspectedArtifact } from '../../delivery/inspect-subject.ts'
import { choosePin, type LocatedReference, pinReference, requirePinned } from '../../delivery/pin.ts'
import { inParallel } from '../../in-parallel.ts'
import type { AdmissionRules } from '../../delivery/admit-reference.ts'
import type { ReadOnlyTarget } from '../../oci/target.ts'
import type { Context, CreateContext, OutputFlags } from '../cli/command.ts'
import { addExamples } from '../cli/help.ts'
import { addAdmissionOfRunOptions } from '../flags/admission-of-run.ts'
import { exclusiveOptions } from '../flags/exclusive.ts'
import { addObjectOptions } from '../flags/objects.ts'
import { addOutputOptions } from '../flags/output.ts'
import { describePins, type Pinned, renderPinsMarkdown, toPinJson } from '../show/pins.ts'
import { type Admit, forEachWasmReference, type ReferenceFlags } from './each-wasm-reference.ts'

interface Flags extends OutputFlags<'markdown'>, ReferenceFlags {
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
      await pin(paths, flags, createContext(flags))
    })
  addAdmissionOfRunOptions(addObjectOptions(command))
  addExamples(
    addOutputOptions(command, 'markdown'),
    'wasmpack gitops pin deploy/ --key cosign.pub',
    'wasmpack gitops pin deploy/ --key cosign.pub --update --format markdown > changes.md',
    'wasmpack gitops pin deploy/ --key cosign.pub --check',
  )
}

const CONCURRENCY = 8

async function pin(paths: readonly string[], flags: Flags, context: Context): Promise<void> {
  const { reporter, signal } = context
  const names = await listObjectFiles(paths, flags.exclude ?? [], signal)
  const files = await inParallel(names, CONCURRENCY, (name) => readObjectFile(name, signal))
  const pinned = await forEachWasmReference(files, flags, context, (located, admit, rules) =>
    pinOne(located, { admit, rules, flags, signal }),
  )
  const changed = files.filter(({ yaml }) => yaml.isChanged())
  for (const file of changed) await rewriteObjectFile(file)
  if (reporter.format === 'text')
    reporter.notice(
      `pinned Wasm references: ${pinned.length}; files read: ${files.length}; files changed: ${changed.length}`,
    )
  reporter.result(
    { results: pinned.map(toPinJson) },
    flags.format === 'markdown' ? renderPinsMarkdown(pinned) : describePins(pinned),
  )
}

interface PinRun {
  readonly admit: Admit
  readonly rules: AdmissionRules
  readonly flags: Flags
  readonly signal: AbortSignal
}

async function pinOne(located: LocatedReference, { admit, rules, flags, signal }: PinRun): Promise<Pinned> {
  const before = String(located.found.scalar.value)
  const { openSource } = rules
  const target = await choosePin(located, { update: flags.update === true, openSource }, { signal })
  const { target: source, admission } = await admit(located, target.name)
  const { digest } = admission.manifest
  const old = located.address.digest
  if (flags.check) requirePinned(located, digest)
  const diff =
    old === undefined || old === digest
      ? undefined
      : await compareSubjects(
          await inspectArtifact(source, old, { verifier: 'ignored' }, { signal }),
          toInspected(source, admission),
        )
  pinReference(located, target, digest)
  return { located, target, digest, before, ...(diff && { diff }) }
}

/** What was admitted, with its verified signatures: it is not read again to be compared. */
function toInspected(target: ReadOnlyTarget, admission: AdmissionResult): InspectedArtifact {
  const { manifest, inspection, instructions } = admission
  const name = `${target.name}@${manifest.digest}`
  return {
    from: 'artifact',
    name,
    target,
    opened: admission,
    inspection,
    ...(instructions && { instructions }),
  }
}

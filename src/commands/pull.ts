import { admitModule, type ResolvedArtifact } from '../delivery/admit.ts'
import { openReference, type OpenedReference } from '../delivery/admit-reference.ts'
import type { OpenSource } from '../delivery/open/open-source.ts'
import { OutputDirectory } from '../delivery/files/output-directory.ts'
import { isStdout } from '../delivery/files/output-file.ts'
import { createOutput } from '../delivery/files/output.ts'
import type { Policies } from '../delivery/policies.ts'
import { WasmpackError } from '../errors.ts'
import { printable } from '../printable.ts'
import { runForEachReference, type ReferenceResult } from './cli/each-reference.ts'
import {
  type AdmissionFlags,
  type AdmissionRules,
  describeGrantSource,
  readAdmissionRules,
  addAdmissionOptions,
} from './flags/admission.ts'
import { type CacheFlags, readSourceOpener, addCacheOption } from './flags/cache.ts'
import { type OutputFlags, type Context, type DefineCommand } from './cli/command.ts'
import { addExamples } from './cli/help.ts'
import { addOutputOptions } from './flags/output.ts'
import { createPathParser } from './flags/path.ts'
import {
  type PolicyFlags,
  readPolicyFlags,
  choosePolicyRepository,
  addPolicyOptions,
} from './flags/policies.ts'
import { parseTagOrDigest } from './flags/references.ts'
import { addTransportOptions } from './flags/transport.ts'
import { toPoliciesJson } from './show/policies.ts'
import { toTrustJson, warnOfWaivers } from './show/trust.ts'
import { reportDenial } from './show/verdict.ts'
import { toVerificationJson } from './show/verification.ts'
import { exclusiveOptions } from './flags/exclusive.ts'

interface Flags extends OutputFlags, AdmissionFlags, PolicyFlags, CacheFlags {
  readonly output?: string
  readonly outputDir?: string
}

export const pullCommand: DefineCommand = (command, createContext) => {
  command
    .description(
      `Pull a module. The output file appears only after the signature, the digests and the imports are verified: against the
embedded capability manifest, and against yours if -c is given.`,
    )
    .argument('<reference...>', 'artifacts by tag or digest')
    .option('-o, --output <file>', 'output file, - for stdout (one reference only)', createPathParser('-o'))
    .option(
      '--output-dir <dir>',
      'write each module to this directory under its title; the directory is created; name collisions are errors',
      createPathParser('--output-dir'),
    )
    .action(async (texts: readonly string[], flags: Flags) => {
      const context = createContext(flags)
      const destination = await chooseDestination(flags, texts.length)
      const rules = await readAdmissionRules(flags, context)
      const policies = await readPolicyFlags(flags, context.signal)
      const openSource = await readSourceOpener(flags, context)
      const pulled = new Map<string, Promise<ReferenceResult>>()
      await runForEachReference(texts, context, (text, context) =>
        pullOne(text, { destination, pulled, rules, policies, openSource, flags, context }),
      )
    })
  addPolicyOptions(
    addAdmissionOptions(command, 'additional capability manifest the module must satisfy, - for stdin'),
  )
  addExamples(
    addOutputOptions(addCacheOption(addTransportOptions(command))),
    'wasmpack pull registry.example.com/team/app:1.0.0 -o app.wasm --key cosign.pub',
    'wasmpack pull registry.example.com/team/app@sha256:... -o app.wasm --key cosign.pub -c ceiling.capabilities.yaml',
  )
}

/** Chooses the output path of a reference; references are asked in their order. */
type Destination = (text: string, opening: Promise<ResolvedArtifact>) => Promise<string>

async function chooseDestination(
  { output, outputDir, format }: Flags,
  references: number,
): Promise<Destination> {
  const usage = (problem: string, hint: string): WasmpackError =>
    new WasmpackError('USAGE', problem, { hint })
  if (output !== undefined) {
    if (outputDir !== undefined) throw exclusiveOptions('-o', '--output-dir')
    if (references > 1) throw usage(`-o takes one artifact, got ${references}`, 'pass --output-dir DIR')
    const toStdout = await isStdout(output)
    if (toStdout && format === 'json')
      throw usage(
        `-o ${output} and --format json both write to stdout`,
        'write the module to a file: -o FILE',
      )
    if (toStdout && process.stdout.isTTY)
      throw usage('stdout is a terminal, and a module is binary', 'pass -o FILE, or redirect stdout')
    return (_, opening) => opening.then(() => (toStdout ? '-' : output))
  }
  if (outputDir === undefined) throw usage('no output given', 'pass -o FILE or --output-dir DIR')
  const directory = new OutputDirectory(outputDir)
  return (text, opening) => directory.claim(text, opening)
}

interface Pull {
  readonly destination: Destination
  /** By digest: an artifact that several references name is pulled once. */
  readonly pulled: Map<string, Promise<ReferenceResult>>
  readonly rules: AdmissionRules
  readonly policies: Policies
  readonly openSource: OpenSource
  readonly flags: Flags
  readonly context: Context
}

async function pullOne(text: string, pull: Pull): Promise<ReferenceResult> {
  const finding = open(text, pull)
  const path = await pull.destination(
    text,
    finding.then(({ opened }) => opened),
  )
  const found = await finding
  const url = `${found.target.name}@${found.opened.manifest.digest}`
  const outcome = pull.pulled.get(url) ?? writeModule({ ...found, text, url, path }, pull)
  pull.pulled.set(url, outcome)
  return await outcome
}

async function open(
  text: string,
  { rules, policies, openSource, flags, context: { signal, reporter } }: Pull,
): Promise<OpenedReference> {
  const { reference, name } = parseTagOrDigest(text)
  const place = { name, repository: choosePolicyRepository(flags, reference) }
  const found = await openReference(reference, place, { ...rules, policies, openSource }, { signal })
  warnOfWaivers(`${found.target.name}@${found.opened.manifest.digest}`, found.opened.trust, reporter)
  return found
}

/** The reference as given, its address by digest, and where its module goes. */
interface Destined extends OpenedReference {
  readonly text: string
  readonly url: string
  readonly path: string
}

async function writeModule(
  { text, url, path, target, opened, policies }: Destined,
  { flags, context }: Pull,
): Promise<ReferenceResult> {
  const { reporter, signal } = context
  const { manifest, source, verification, trust } = opened
  const output = await createOutput(path, { inDirectory: flags.outputDir !== undefined })
  const transfer = reporter.transfer(`pulling ${target.name}`, source.size)
  try {
    const operation = { signal, progress: transfer.advance }
    const { inspection, verdict } = await admitModule(target, opened, output, operation)
    transfer.end()
    if (verdict?.allowed === false) throw reportDenial(reporter, url, describeGrantSource(flags), verdict)
    // Unused grants concern the publisher; tolerated unknown imports concern everyone.
    for (const { rule, message } of verdict?.findings ?? [])
      if (rule !== 'unused-grant') reporter.warn(`${url}: ${message}`)
    signal.throwIfAborted()
    await output.commit()
    if (path !== '-' && reporter.format === 'text') reporter.notice(`${text}: written to ${printable(path)}`)
    const { digest } = manifest
    const checks = {
      ...toVerificationJson(verification),
      capabilities: flags.insecureIgnoreCapabilities ? 'ignored' : 'checked',
    }
    const { kind, size } = inspection
    return {
      json: {
        url,
        repository: target.name,
        digest,
        form: source.form,
        path,
        kind,
        size,
        ...checks,
        ...toPoliciesJson(policies),
        ...toTrustJson(trust),
      },
      text: path === '-' ? '' : url,
    }
  } finally {
    transfer.end()
    await output.discard()
  }
}

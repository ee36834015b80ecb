import { join } from 'node:path'

import { safeFileName } from '../artifact/title.ts'
import { admit, type AdmissionRequest, type Opened, openArtifact } from '../delivery/admit.ts'
import type { OpenSource } from '../delivery/open-source.ts'
import { createOutput } from '../delivery/output.ts'
import type { Policies } from '../delivery/policies.ts'
import { WasmpackError } from '../errors.ts'
import { eachReference, type Outcome } from './each-reference.ts'
import {
  type AdmissionFlags,
  grantorOf,
  readAdmissionRequest,
  withoutCapabilities,
} from './flags/admission.ts'
import { type CacheFlags, readSourceOpener, withCache } from './flags/cache.ts'
import { withCapabilities } from './flags/capabilities.ts'
import { type OutputFlags, withOutput } from './flags/output.ts'
import { type PolicyFlags, readPolicyFlags, repositoryMeant, withPolicies } from './flags/policies.ts'
import { parseNamedReference } from './flags/references.ts'
import { withTransport } from './flags/transport.ts'
import { withoutTrust, withTrust } from './flags/trust.ts'
import { policiesJson } from './show/policies.ts'
import { denial } from './show/verdict.ts'
import { verificationJson } from './show/verification.ts'
import { type Context, type Define, withExamples } from './verb.ts'

interface Flags extends OutputFlags, AdmissionFlags, PolicyFlags, CacheFlags {
  readonly output?: string
  readonly outputDir?: string
}

export const pull: Define = (command, begin) => {
  command
    .description(
      `Fetch a module. It appears under its name only after the signature of its digest, the digest of its bytes and
its imports were checked: against the capability manifest it carries, and against yours if you give one.`,
    )
    .argument('<reference...>', 'artifacts by tag or digest')
    .option('-o, --output <file>', 'where to write the module, - for stdout; one reference only')
    .option(
      '--output-dir <dir>',
      'write each module here, under the name it was pushed with; made if it is not there',
    )
    .action(async (texts: readonly string[], flags: Flags) => {
      const context = begin(flags)
      const destination = destinationOf(flags, texts.length)
      const request = await readAdmissionRequest(flags, context)
      const policies = await readPolicyFlags(flags, context.signal)
      const openSource = await readSourceOpener(flags, context)
      await eachReference(texts, context, (text, context) =>
        pullOne(text, { destination, request, policies, openSource, flags, context }),
      )
    })
  withoutCapabilities(command)
  withPolicies(
    withCapabilities(
      command,
      'your own capability manifest, - for stdin: the module must keep to it as well',
    ),
  )
  withExamples(
    withOutput(withCache(withTransport(withoutTrust(withTrust(command))))),
    'wasmpack pull registry.example.com/team/app:1.0.0 -o app.wasm --key cosign.pub',
    'wasmpack pull registry.example.com/team/app@sha256:... -o app.wasm --key cosign.pub -c ceiling.capabilities.yaml',
  )
}

/** The path that an artifact's module goes to. Two artifacts of one run never get the same. */
type Destination = (opened: Opened) => string

function destinationOf({ output, outputDir, format }: Flags, references: number): Destination {
  const usage = (problem: string, hint: string): WasmpackError =>
    new WasmpackError('USAGE', problem, { hint })
  if (output !== undefined) {
    if (outputDir !== undefined)
      throw usage('-o and --output-dir exclude each other', 'leave one of them out')
    if (references > 1)
      throw usage('-o names one file, but several artifacts are wanted', 'give --output-dir DIR')
    if (output === '-' && format === 'json')
      throw usage('stdout cannot take both the module and JSON', 'write the module to a file with -o FILE')
    return () => output
  }
  if (outputDir === undefined)
    throw usage('say where to: -o FILE or --output-dir DIR', 'give exactly one of the two')
  const taken = new Set<string>()
  return ({ source, manifest }) => {
    const name = safeFileName(source.title ?? `${manifest.digest.slice('sha256:'.length, 19)}.wasm`)
    // Also where the file system takes two spellings for one name.
    const key = name.normalize('NFC').toLowerCase()
    if (taken.has(key))
      throw usage(`two of the artifacts call their module ${name}`, 'pull them one by one with -o FILE')
    taken.add(key)
    return join(outputDir, name)
  }
}

interface Pull {
  readonly destination: Destination
  readonly request: AdmissionRequest
  readonly policies: Policies
  readonly openSource: OpenSource
  readonly flags: Flags
  readonly context: Context
}

async function pullOne(
  text: string,
  { destination, request, policies, openSource, flags, context }: Pull,
): Promise<Outcome> {
  const { reporter, signal } = context
  const { reference, name } = parseNamedReference(text)
  const inForce = policies.of(repositoryMeant(flags, reference))
  const requirements = inForce.map(({ requirement }) => requirement)
  const target = await openSource(reference)
  const opened = await openArtifact(target, name, { ...request, requirements }, { signal })
  const { manifest, source, verification } = opened
  const url = `${target.name}@${manifest.digest}`
  const path = destination(opened)
  const output = await createOutput(path, { inDirectory: flags.outputDir !== undefined })
  const transfer = reporter.transfer(`pulling ${target.name}`, source.layer.size)
  try {
    const operation = { signal, progress: transfer.advance }
    const { inspection, verdict } = await admit(target, opened, output, operation)
    transfer.end()
    if (verdict?.allowed === false) throw denial(reporter, url, grantorOf(flags), verdict)
    // What was granted in vain is the publisher's concern; that something unknown was let pass is everybody's.
    for (const { rule, message } of verdict?.findings ?? [])
      if (rule !== 'unused-grant') reporter.warn(`${url}: ${message}`)
    signal.throwIfAborted()
    await output.commit()
    const { digest } = manifest
    const checks = {
      ...verificationJson(verification),
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
        ...policiesJson(inForce),
      },
      text: path === '-' ? '' : url,
    }
  } finally {
    transfer.end()
    await output.discard()
  }
}

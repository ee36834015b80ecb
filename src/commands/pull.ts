import { join } from 'node:path'

import { readCapabilityFile } from '../delivery/capability-file.ts'
import { admit, type Admission, openArtifact } from '../delivery/admit.ts'
import { openTarget, type Access } from '../delivery/open-target.ts'
import { createOutput } from '../delivery/output.ts'
import { WasmpackError } from '../errors.ts'
import { safeFileName } from '../artifact/title.ts'
import { type CapabilityFlags, withCapabilities } from './flags/capabilities.ts'
import { type OutputFlags, withOutput } from './flags/output.ts'
import { parseNamedReference } from './flags/references.ts'
import { readTransport, type TransportFlags, withTransport } from './flags/transport.ts'
import { readTrustOrIgnore, type TrustFlags, withoutTrust, withTrust } from './flags/trust.ts'
import { eachReference } from './each-reference.ts'
import { denial } from './show/verdict.ts'
import { verificationJson } from './show/verification.ts'
import { type Context, type Define, withExamples } from './verb.ts'

interface Flags extends OutputFlags, CapabilityFlags, TransportFlags, TrustFlags {
  readonly output?: string
  readonly outputDir?: string
  readonly insecureIgnoreCapabilities?: boolean
}

export const pull: Define = (command, begin) => {
  command
    .description(
      `Fetch a module. It appears under its name only after the signature of its digest, the digest of its bytes and
its imports were checked: against the capability manifest it carries, and against yours if you give one.`,
    )
    .argument('<reference...>', 'artifacts by tag or digest')
    .option('-o, --output <file>', 'where to write the module, - for stdout; one reference only')
    .option('--output-dir <dir>', 'write each module here, under the name it was pushed with')
    .option('--insecure-ignore-capabilities', 'do not check what the module imports')
    .action(async (texts: readonly string[], flags: Flags) => {
      const context = begin(flags)
      if ((flags.output === undefined) === (flags.outputDir === undefined))
        throw new WasmpackError('USAGE', 'say where to: -o FILE or --output-dir DIR', {
          hint: 'give exactly one of the two',
        })
      if (flags.output !== undefined && texts.length > 1)
        throw new WasmpackError('USAGE', '-o names one file, but several artifacts are wanted', {
          hint: 'give --output-dir DIR',
        })
      const trust = await readTrustOrIgnore(flags)
      const mine =
        flags.capabilities === undefined ? undefined : (await readCapabilityFile(flags.capabilities)).manifest
      if (mine && flags.insecureIgnoreCapabilities)
        throw new WasmpackError('USAGE', '-c and --insecure-ignore-capabilities exclude each other', {
          hint: 'leave one of them out',
        })
      if (trust === 'ignored') context.reporter.warn('signatures are not verified')
      if (flags.insecureIgnoreCapabilities) context.reporter.warn('imports are not checked')
      const transport = await readTransport(flags, context)
      const request = {
        trust,
        capabilities: mine,
        capabilityCheck: flags.insecureIgnoreCapabilities ? ('ignored' as const) : ('required' as const),
      }
      await eachReference(texts, context, (text) => pullOne(text, flags, request, transport, context))
    })
  withCapabilities(command, 'your own capability manifest: the module must keep to it as well')
  withExamples(
    withOutput(withTransport(withoutTrust(withTrust(command)))),
    'wasmpack pull registry.example.com/team/app:1.0.0 -o app.wasm --key cosign.pub',
    'wasmpack pull registry.example.com/team/app@sha256:... -o app.wasm --key cosign.pub -c ceiling.capabilities.yaml',
  )
}

async function pullOne(
  text: string,
  flags: Flags,
  request: Parameters<typeof openArtifact>[2],
  transport: Access,
  context: Context,
): Promise<{ readonly json: unknown; readonly text: string }> {
  const { reporter, signal } = context
  const { reference, name } = parseNamedReference(text)
  const target = await openTarget(reference, transport)
  const opened = await openArtifact(target, name, request, { signal })
  const path =
    flags.output ??
    join(flags.outputDir!, safeFileName(opened.source.title ?? `${opened.manifest.digest.slice(7, 19)}.wasm`))
  const output = await createOutput(path)
  const transfer = reporter.transfer(`pulling ${target.name}`, opened.source.layer.size)
  let admission: Admission
  try {
    admission = await admit(target, opened, (chunk) => output.write(chunk), {
      signal,
      progress: transfer.advance,
    })
    transfer.end()
    if (admission.verdict?.allowed === false)
      throw denial(
        reporter,
        `${target.name}@${opened.manifest.digest}`,
        request.capabilities
          ? `its capability manifest or ${flags.capabilities}`
          : 'the capability manifest that it carries',
        admission.verdict,
      )
    signal.throwIfAborted()
    await output.commit()
  } finally {
    transfer.end()
    await output.discard()
  }
  const url = `${target.name}@${opened.manifest.digest}`
  return {
    json: {
      url,
      repository: target.name,
      digest: opened.manifest.digest,
      form: opened.source.form,
      path,
      kind: admission.inspection.kind,
      size: admission.inspection.size,
      ...verificationJson(opened.verification),
      capabilities: admission.verdict ? 'checked' : 'ignored',
    },
    text: path === '-' ? '' : url,
  }
}

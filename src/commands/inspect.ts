import { stat } from 'node:fs/promises'

import { parseEmbeddedCapabilityManifest } from '../capabilities/manifest.ts'
import { openModuleFile } from '../delivery/module-file.ts'
import { openArtifact, admit } from '../delivery/admit.ts'
import { WasmpackError } from '../errors.ts'
import { quoted } from '../printable.ts'
import { discover } from '../signing/discover.ts'
import { type OutputFlags, withOutput } from './flags/output.ts'
import { parseNamedReference } from './flags/references.ts'
import { readOpener, type TransportFlags, withTransport } from './flags/transport.ts'
import { describeInspection, inspectionJson } from './show/inspection.ts'
import { type Context, type Define, withExamples } from './verb.ts'

export const inspectVerb: Define = (command, begin) => {
  command
    .description(
      `Show what a module is and what it asks for: imports by capability with their risk, exports, toolchain. Of an
artifact also its digest, layout, embedded capability manifest and what refers to it. Nothing is verified but digests.`,
    )
    .argument('<module|reference>', 'a file, or an artifact by tag or digest')
    .action(async (what: string, flags: OutputFlags & TransportFlags) => {
      const context = begin(flags)
      const { json, text } = (await isThere(what))
        ? await inspectFile(what)
        : await inspectArtifact(what, flags, context)
      context.reporter.result(json, text)
    })
  withExamples(
    withOutput(withTransport(command)),
    'wasmpack inspect app.wasm',
    'wasmpack inspect registry.example.com/team/app:1.0.0 --format json',
  )
}

interface Shown {
  readonly json: Readonly<Record<string, unknown>>
  readonly text: string
}

async function inspectFile(path: string): Promise<Shown> {
  const module = await openModuleFile(path)
  try {
    const inspection = await module.inspect()
    return {
      json: { module: path, ...inspectionJson(inspection) },
      text: describeInspection(path, inspection),
    }
  } finally {
    await module.close()
  }
}

async function inspectArtifact(text: string, flags: TransportFlags, context: Context): Promise<Shown> {
  const operation = { signal: context.signal }
  const { reference, name } = parseNamedReference(mustBeReference(text))
  const openTarget = await readOpener(flags, context)
  const target = await openTarget(reference)
  const opened = await openArtifact(target, name, { trust: 'ignored', capabilityCheck: 'ignored' }, operation)
  const { digest } = opened.manifest
  const [{ inspection }, referrers] = await Promise.all([
    admit(target, opened, async () => undefined, operation),
    discover(target, digest, operation),
  ])
  const url = `${target.name}@${digest}`
  const { form, title, capabilities } = opened.source
  const signatures = referrers.filter(({ kind }) => kind === 'signature').length
  const manifest = embedded(capabilities)
  const lines = [
    `  layout        ${form}${title === undefined ? '' : `, ${quoted(title)}`}`,
    `  capabilities  ${manifest.text}`,
    `  referrers     ${referrers.length}, of which ${signatures} may be signatures (not verified)`,
  ]
  return {
    json: { url, digest, form, ...inspectionJson(inspection), ...manifest.json, referrers },
    text: describeInspection(url, inspection, lines),
  }
}

/** What is meant as a file should not be called a bad reference. Throws FILE_NOT_FOUND. */
function mustBeReference(text: string): string {
  if (text.startsWith('oci-layout:') || (text.includes('/') && text.includes(':'))) return text
  throw new WasmpackError('FILE_NOT_FOUND', `${text} is neither a file nor a reference`, {
    hint: 'check the path, or write HOST/REPOSITORY:TAG',
  })
}

/** The embedded capability manifest, or what is wrong with it: to show that is what inspecting is for. */
function embedded(capabilities: string | undefined): Shown {
  if (capabilities === undefined) return { json: {}, text: 'none embedded' }
  try {
    return {
      json: { capabilityManifest: parseEmbeddedCapabilityManifest(capabilities) },
      text: 'embedded, self-declared',
    }
  } catch (cause) {
    if (!(cause instanceof WasmpackError)) throw cause
    return { json: { capabilityManifestProblem: cause.message }, text: cause.message }
  }
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

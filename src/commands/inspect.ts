import { embeddedCapabilities, type ExaminedArtifact } from '../delivery/examine.ts'
import { WasmpackError } from '../errors.ts'
import { quoted } from '../printable.ts'
import { discover } from '../signing/discover.ts'
import { type OutputFlags, withOutput } from './flags/output.ts'
import { examiner } from './flags/subject.ts'
import { type TransportFlags, withTransport } from './flags/transport.ts'
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
      const examined = await examiner(flags, context)(what, { trust: 'ignored' })
      const { name, inspection } = examined
      const { json, text } =
        examined.from === 'artifact'
          ? await describeArtifact(examined, context)
          : {
              json: { module: name, ...inspectionJson(inspection) },
              text: describeInspection(name, inspection),
            }
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

async function describeArtifact(
  { name, target, opened, inspection }: ExaminedArtifact,
  { signal }: Context,
): Promise<Shown> {
  const { digest } = opened.manifest
  const referrers = await discover(target, digest, { signal })
  const { form, title } = opened.source
  const signatures = referrers.filter(({ kind }) => kind === 'signature').length
  const manifest = describeEmbedded(embeddedCapabilities(opened))
  const lines = [
    `  layout        ${form}${title === undefined ? '' : `, ${quoted(title)}`}`,
    `  capabilities  ${manifest.text}`,
    `  referrers     ${referrers.length}, of which ${signatures} may be signatures (not verified)`,
  ]
  return {
    json: { url: name, digest, form, ...inspectionJson(inspection), ...manifest.json, referrers },
    text: describeInspection(name, inspection, lines),
  }
}

/** What is wrong with it is shown as well: that is what inspecting is for. */
function describeEmbedded(manifest: ReturnType<typeof embeddedCapabilities>): Shown {
  if (manifest === undefined) return { json: {}, text: 'none embedded' }
  return manifest instanceof WasmpackError
    ? { json: { capabilityManifestProblem: manifest.message }, text: manifest.message }
    : { json: { capabilityManifest: manifest }, text: 'embedded, self-declared' }
}

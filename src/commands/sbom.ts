import { basename } from 'node:path'

import { formatMaterials, readMaterials } from '../delivery/bill-of-materials.ts'
import { createModuleCopy } from '../delivery/files/module-copy.ts'
import { type InspectedSubject, isLocalFile } from '../delivery/inspect-subject.ts'
import type { OutputFlags, DefineCommand } from './cli/command.ts'
import { addExamples } from './cli/help.ts'
import { addOutputOptions } from './flags/output.ts'
import { createExaminer, rejectTrustForFiles } from './flags/subject.ts'
import { addTransportOptions, type TransportFlags } from './flags/transport.ts'
import { addTrustOptions, readTrustIfGiven, type TrustFlags } from './flags/trust.ts'
import { describeMaterialsInText } from './show/materials.ts'

interface Flags extends OutputFlags<'cyclonedx' | 'spdx'>, TransportFlags, TrustFlags {}

export const sbomCommand: DefineCommand = (command, createContext) => {
  command
    .description(
      `Print the bill of materials of a module: its languages and tools, the packages that cargo auditable or Go has embedded, the
binaries nested in it with their digests, and the packages that it imports. What the module does not tell is said to be
unknown. --format json prints CycloneDX. Signatures are verified only with --key or --certificate-identity.`,
    )
    .argument('<module|reference>', 'module file, or artifact by tag or digest')
    .action(async (what: string, flags: Flags) => {
      const context = createContext(flags)
      await rejectTrustForFiles(flags, [what])
      const trust = await readTrustIfGiven(flags, context)
      const isFile = await isLocalFile(what)
      const copy = isFile ? undefined : await createModuleCopy()
      try {
        const examined = await createExaminer(flags, context)(what, { trust, ...(copy && { sink: copy }) })
        const materials = await readMaterials(copy?.path ?? what, examined.inspection)
        for (const problem of materials.problems) context.reporter.warn(problem)
        const options = { name: nameModule(examined), created: context.environment.readCreated() }
        const document = formatMaterials(materials, flags.format === 'spdx' ? 'spdx' : 'cyclonedx', options)
        const text = flags.format === 'text' ? describeMaterialsInText(examined.name, materials) : document
        context.reporter.result(JSON.parse(document), text)
      } finally {
        await copy?.discard()
      }
    })
  addExamples(
    addOutputOptions(addTransportOptions(addTrustOptions(command)), 'cyclonedx', 'spdx'),
    'wasmpack sbom app.wasm',
    'wasmpack sbom app.wasm --format cyclonedx > bom.json',
    'wasmpack sbom registry.example.com/team/app:1.0.0 --key cosign.pub --format spdx',
  )
}

/** The file name of the module, also of one in an artifact, so that both give the same document. */
function nameModule(examined: InspectedSubject): string {
  if (examined.from === 'file') return basename(examined.name)
  return examined.opened.source.title ?? `${basename(examined.target.name)}.wasm`
}

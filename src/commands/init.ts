import { basename } from 'node:path'

import {
  inferFromDeclaration,
  type InferredFromDeclaration,
} from '../capabilities/declarations/infer-from-declaration.ts'
import { inferCapabilityManifest } from '../capabilities/init/infer-manifest.ts'
import { renderCapabilityManifest } from '../capabilities/init/render-manifest.ts'
import { adjacentCapabilityPath } from '../delivery/files/capability-file.ts'
import { readDeclarationFile } from '../delivery/files/declaration-file.ts'
import { openModuleFile } from '../delivery/files/module-file.ts'
import { isStdout, writeOutputFile } from '../delivery/files/output-file.ts'
import { type OutputFlags, type DefineCommand } from './cli/command.ts'
import { addExamples } from './cli/help.ts'
import { addOutputOptions } from './flags/output.ts'
import { WasmpackError } from '../errors.ts'
import type { Inspection } from '../wasm/types/inspection.ts'
import { createPathParser } from './flags/path.ts'
import { describeContradictions } from './show/contradictions.ts'

interface Flags extends OutputFlags {
  readonly output?: string
  readonly force?: boolean
  readonly from?: string
  readonly component?: string
}

export const initCommand: DefineCommand = (command, createContext) => {
  command
    .description(
      `Write a capability manifest that grants exactly what the module imports. Hosts, paths and names of environment
variables cannot be read from a module: these lists are written empty, which allows the import but no host, path or
variable. Fill them in. With --from they are those that a Spin application or a wassette policy allows, and stderr says where it
and the module's imports contradict each other.`,
    )
    .argument('<module>', 'WebAssembly module or component file')
    .option(
      '-o, --output <file>',
      'output file, - for stdout (default: MODULE.capabilities.yaml)',
      createPathParser('-o'),
    )
    .option('--force', 'overwrite an existing file')
    .option(
      '--from <file>',
      'spin.toml or wassette policy to grant what it allows, and nothing else',
      createPathParser('--from'),
    )
    .option('--component <name>', 'component of the Spin application that the module is')
    .action(async (path: string, flags: Flags) => {
      const { reporter, signal } = createContext(flags)
      if (flags.component !== undefined && flags.from === undefined)
        throw new WasmpackError(
          'USAGE',
          '--component names a part of a Spin application, and there is none',
          {
            hint: 'add --from spin.toml, or omit --component',
          },
        )
      const module = await openModuleFile(path)
      try {
        const inspection = await module.inspect()
        const { manifest, contradictions } = await inferManifest(path, inspection, flags, signal)
        const text = renderCapabilityManifest(manifest, inspection)
        const output = flags.output ?? adjacentCapabilityPath(path)
        if (contradictions.length > 0)
          reporter.warn(`${flags.from === '-' ? 'stdin' : flags.from} does not fit ${path} exactly:`)
        for (const line of describeContradictions(contradictions)) reporter.notice(line)
        if (await isStdout(output)) return reporter.result(manifest, text)
        await writeOutputFile(output, text, { what: 'capability manifest', overwrite: flags.force === true })
        const result = { path: output, capabilityManifest: manifest }
        reporter.result(flags.from === undefined ? result : { ...result, contradictions }, output)
        const given = flags.output === undefined ? '' : ` -c ${output}`
        const fill =
          flags.from === undefined && text.includes('[]') ? 'fill in the empty lists, then run' : 'run'
        reporter.notice(`next: ${fill}: wasmpack validate ${path}${given}`)
      } finally {
        await module.close()
      }
    })
  addExamples(
    addOutputOptions(command),
    'wasmpack init app.wasm',
    'wasmpack init app.wasm -o -',
    'wasmpack init app.wasm --from spin.toml',
  )
}

async function inferManifest(
  path: string,
  inspection: Inspection,
  { from, component }: Flags,
  signal: AbortSignal,
): Promise<InferredFromDeclaration> {
  const name = basename(path).replace(/\.wasm$/, '')
  if (from === undefined)
    return { manifest: inferCapabilityManifest(inspection, { name }), contradictions: [] }
  const declaration = await readDeclarationFile({ path: from, modulePath: path, component }, signal)
  return inferFromDeclaration(inspection, declaration, { name })
}

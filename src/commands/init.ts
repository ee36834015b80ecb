import { basename } from 'node:path'

import { inferCapabilityManifest } from '../capabilities/init/infer-manifest.ts'
import { renderCapabilityManifest } from '../capabilities/init/render-manifest.ts'
import { adjacentCapabilityPath } from '../delivery/files/capability-file.ts'
import { openModuleFile } from '../delivery/files/module-file.ts'
import { isStdout, writeOutputFile } from '../delivery/files/output-file.ts'
import { type OutputFlags, type DefineCommand } from './cli/command.ts'
import { addExamples } from './cli/help.ts'
import { addOutputOptions } from './flags/output.ts'
import { createPathParser } from './flags/path.ts'

interface Flags extends OutputFlags {
  readonly output?: string
  readonly force?: boolean
}

export const initCommand: DefineCommand = (command, createContext) => {
  command
    .description(
      `Write a capability manifest that grants exactly what the module imports. Hosts, paths and names of environment
variables cannot be read from a module: these lists are written empty, which allows the import but no host, path or
variable. Fill them in.`,
    )
    .argument('<module>', 'WebAssembly module or component file')
    .option(
      '-o, --output <file>',
      'output file, - for stdout (default: MODULE.capabilities.yaml)',
      createPathParser('-o'),
    )
    .option('--force', 'overwrite an existing file')
    .action(async (path: string, flags: Flags) => {
      const { reporter } = createContext(flags)
      const module = await openModuleFile(path)
      try {
        const inspection = await module.inspect()
        const manifest = inferCapabilityManifest(inspection, { name: basename(path).replace(/\.wasm$/, '') })
        const text = renderCapabilityManifest(manifest, inspection)
        const output = flags.output ?? adjacentCapabilityPath(path)
        if (await isStdout(output)) return reporter.result(manifest, text)
        await writeOutputFile(output, text, { what: 'capability manifest', overwrite: flags.force === true })
        reporter.result({ path: output, capabilityManifest: manifest }, output)
        const given = flags.output === undefined ? '' : ` -c ${output}`
        const fill = text.includes('[]') ? 'fill in the empty lists, then run' : 'run'
        reporter.notice(`next: ${fill}: wasmpack validate ${path}${given}`)
      } finally {
        await module.close()
      }
    })
  addExamples(addOutputOptions(command), 'wasmpack init app.wasm', 'wasmpack init app.wasm -o -')
}

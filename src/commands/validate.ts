import { Option } from 'commander'

import { findCapabilityFile } from '../delivery/files/capability-file.ts'
import { collectEvidence } from '../delivery/collect-evidence.ts'
import { judgeModule, type JudgeRequest, needsInstructions } from '../delivery/judge.ts'
import { openModuleFile } from '../delivery/files/module-file.ts'
import { type CapabilityFlags, addCapabilitiesOption } from './flags/capabilities.ts'
import { type OutputFlags, type DefineCommand } from './cli/command.ts'
import { addExamples } from './cli/help.ts'
import { addOutputOptions } from './flags/output.ts'
import {
  type PolicyFlags,
  readPolicyFlags,
  choosePolicyRepository,
  addPolicyOptions,
} from './flags/policies.ts'
import {
  listRunTargetNames,
  readRunTarget,
  type RunTargetFlags,
  addRunTargetOptions,
} from './flags/run-target.ts'
import { WasmpackError } from '../errors.ts'
import { describePolicies, toPoliciesJson } from './show/policies.ts'
import { reportDenial, describeVerdict, toVerdictJson } from './show/verdict.ts'

interface Flags extends OutputFlags<'sarif'>, CapabilityFlags, PolicyFlags, RunTargetFlags {
  readonly strict?: boolean
  readonly explain?: string
}

export const validateCommand: DefineCommand = (command, createContext) => {
  command
    .description(
      `Check that the capability manifest grants every import of a module, and list every finding. Without -c, the capability
manifest is MODULE.capabilities.yaml or wasmpack.capabilities.yaml next to the module.`,
    )
    .argument('[module]', 'WebAssembly module or component file')
    .usage('[options] <module>')
    .option('--strict', 'treat warnings (unused grants, tolerated unknown imports) as errors')
    .addOption(new Option('--explain <import>', 'the same as wasmpack explain').hideHelp())
    .action(async (path: string | undefined, flags: Flags) => {
      const { reporter, signal } = createContext(flags)
      if (flags.explain !== undefined) {
        const { printExplanation } = await import('./show/explanation.ts')
        return printExplanation(reporter, flags.explain)
      }
      if (path === undefined)
        throw new WasmpackError('USAGE', 'missing argument <module>', {
          hint: 'see: wasmpack help validate',
        })
      const module = await openModuleFile(path)
      try {
        const capabilities = await findCapabilityFile(path, flags.capabilities, signal)
        const policies = (await readPolicyFlags(flags, signal)).of(choosePolicyRepository(flags))
        const target = await readRunTarget(flags, capabilities.manifest)
        const request: JudgeRequest = {
          manifests: [capabilities.manifest],
          requirements: [...target, ...policies.map(({ requirement }) => requirement)],
          wit: flags.wit,
          strict: flags.strict,
        }
        const evidence = await module.read((cursor) => collectEvidence(cursor, needsInstructions(request)))
        const verdict = await judgeModule(evidence, request)
        if (flags.format === 'sarif') {
          const { renderSarifLog } = await import('./show/sarif.ts')
          const capabilityManifest = flags.capabilities === '-' ? undefined : capabilities.path
          reporter.result(
            undefined,
            renderSarifLog(verdict, { module: path, capabilityManifest, sourceMap: capabilities.sourceMap }),
          )
        }
        if (!verdict.allowed) throw reportDenial(reporter, path, capabilities.path, verdict)
        if (flags.format !== 'sarif')
          reporter.result(
            {
              module: path,
              kind: evidence.inspection.kind,
              capabilityManifest: capabilities.path,
              ...toPoliciesJson(policies),
              ...toVerdictJson(verdict),
            },
            describeVerdict(
              path,
              {
                allowing: [capabilities.path, ...describePolicies(policies)],
                fitting: listRunTargetNames(flags, capabilities.manifest, target),
              },
              verdict,
            ),
          )
      } finally {
        await module.close()
      }
    })
  addPolicyOptions(
    addRunTargetOptions(
      addCapabilitiesOption(
        command,
        'capability manifest, - for stdin (default: the one next to the module)',
      ),
    ),
  )
  addExamples(
    addOutputOptions(command, 'sarif'),
    'wasmpack validate app.wasm',
    'wasmpack validate app.wasm -c strict.capabilities.yaml --format json',
    'wasmpack validate app.wasm --format sarif > wasmpack.sarif',
    'wasmpack validate app.wasm --target wasi:http/proxy@0.2',
    'wasmpack validate app.wasm --policy ceiling.yaml --as registry.example.com/team/app',
  )
}

import { findCapabilityFile } from '../delivery/files/capability-file.ts'
import { gather } from '../delivery/gather.ts'
import { judge, type JudgeRequest, needsInstructions } from '../delivery/judge.ts'
import { openModuleFile } from '../delivery/files/module-file.ts'
import { type CapabilityFlags, addCapabilitiesOption } from './flags/capabilities.ts'
import { type OutputFlags, type DefineCommand, addExamples } from './cli/command.ts'
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
import type { Reporter } from '../ui/reporter.ts'
import { describePolicies, toPoliciesJson } from './show/policies.ts'
import { reportDenial, describeVerdict, toVerdictJson } from './show/verdict.ts'

interface Flags extends OutputFlags<'sarif'>, CapabilityFlags, PolicyFlags, RunTargetFlags {
  readonly strict?: boolean
  readonly explain?: string
}

export const validateCommand: DefineCommand = (command, createContext) => {
  command
    .description(
      `Check that everything the module imports is granted by its capability manifest. Every finding is listed.
Without -c the manifest is looked for beside the module: MODULE.capabilities.yaml, then wasmpack.capabilities.yaml.`,
    )
    .argument('[module]', 'WebAssembly module or component')
    .option('--strict', 'warnings deny too: a grant that nothing needs, an unknown import that is let pass')
    .option(
      '--explain <import>',
      'say what an import, an interface or a capability class is; needs no module',
    )
    .action(async (path: string | undefined, flags: Flags) => {
      const { reporter, signal } = createContext(flags)
      if (flags.explain !== undefined) return await printExplanation(reporter, flags.explain)
      if (path === undefined)
        throw new WasmpackError('USAGE', "missing required argument 'module'", {
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
        const evidence = await module.read((cursor) => gather(cursor, needsInstructions(request)))
        const verdict = await judge(evidence, request)
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
    addRunTargetOptions(addCapabilitiesOption(command, 'capability manifest to check against, - for stdin')),
  )
  addExamples(
    addOutputOptions(command, 'sarif'),
    'wasmpack validate app.wasm',
    'wasmpack validate app.wasm -c strict.capabilities.yaml --format json',
    'wasmpack validate app.wasm --format sarif > wasmpack.sarif',
    'wasmpack validate app.wasm --target wasi:http/proxy@0.2',
    'wasmpack validate --explain wasi_snapshot_preview1.path_open',
    'wasmpack validate app.wasm --policy ceiling.yaml --as registry.example.com/team/app',
  )
}

async function printExplanation(reporter: Reporter, asked: string): Promise<void> {
  const [{ explain }, { describeExplanation }] = await Promise.all([
    import('../capabilities/explain/explain.ts'),
    import('./show/explanation.ts'),
  ])
  const found = explain(asked)
  reporter.result({ asked, ...found }, describeExplanation(asked, found))
}

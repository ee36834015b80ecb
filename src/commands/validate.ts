import { findCapabilityFile } from '../delivery/files/capability-file.ts'
import { gather } from '../delivery/gather.ts'
import { judge, type JudgeRequest, needsInstructions } from '../delivery/judge.ts'
import { openModuleFile } from '../delivery/files/module-file.ts'
import { type CapabilityFlags, withCapabilities } from './flags/capabilities.ts'
import { type OutputFlags, type Define, withExamples } from './cli/command.ts'
import { withOutput } from './flags/output.ts'
import { type PolicyFlags, readPolicyFlags, repositoryMeant, withPolicies } from './flags/policies.ts'
import { namesOfRunTargets, readRunTarget, type RunTargetFlags, withRunTarget } from './flags/run-target.ts'
import { WasmpackError } from '../errors.ts'
import type { Reporter } from '../ui/reporter.ts'
import { namesOf, policiesJson } from './show/policies.ts'
import { denial, describeVerdict, verdictJson } from './show/verdict.ts'

interface Flags extends OutputFlags<'sarif'>, CapabilityFlags, PolicyFlags, RunTargetFlags {
  readonly strict?: boolean
  readonly explain?: string
}

export const validate: Define = (command, begin) => {
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
      const { reporter, signal } = begin(flags)
      if (flags.explain !== undefined) return await showExplanation(reporter, flags.explain)
      if (path === undefined)
        throw new WasmpackError('USAGE', "missing required argument 'module'", {
          hint: 'see: wasmpack help validate',
        })
      const module = await openModuleFile(path)
      try {
        const capabilities = await findCapabilityFile(path, flags.capabilities, signal)
        const policies = (await readPolicyFlags(flags, signal)).of(repositoryMeant(flags))
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
          const { sarifLog } = await import('./show/sarif.ts')
          const capabilityManifest = flags.capabilities === '-' ? undefined : capabilities.path
          reporter.result(
            undefined,
            sarifLog(verdict, { module: path, capabilityManifest, places: capabilities.places }),
          )
        }
        if (!verdict.allowed) throw denial(reporter, path, capabilities.path, verdict)
        if (flags.format !== 'sarif')
          reporter.result(
            {
              module: path,
              kind: evidence.inspection.kind,
              capabilityManifest: capabilities.path,
              ...policiesJson(policies),
              ...verdictJson(verdict),
            },
            describeVerdict(
              path,
              {
                allowing: [capabilities.path, ...namesOf(policies)],
                fitting: namesOfRunTargets(flags, capabilities.manifest, target),
              },
              verdict,
            ),
          )
      } finally {
        await module.close()
      }
    })
  withPolicies(withRunTarget(withCapabilities(command, 'capability manifest to check against, - for stdin')))
  withExamples(
    withOutput(command, 'sarif'),
    'wasmpack validate app.wasm',
    'wasmpack validate app.wasm -c strict.capabilities.yaml --format json',
    'wasmpack validate app.wasm --format sarif > wasmpack.sarif',
    'wasmpack validate app.wasm --target wasi:http/proxy@0.2',
    'wasmpack validate --explain wasi_snapshot_preview1.path_open',
    'wasmpack validate app.wasm --policy ceiling.yaml --as registry.example.com/team/app',
  )
}

async function showExplanation(reporter: Reporter, asked: string): Promise<void> {
  const [{ explain }, { describeExplanation }] = await Promise.all([
    import('../capabilities/explain/explain.ts'),
    import('./show/explanation.ts'),
  ])
  const found = explain(asked)
  reporter.result({ asked, ...found }, describeExplanation(asked, found))
}

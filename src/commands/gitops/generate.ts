import type { Command } from 'commander'

import { joinObjects, readObjectsOfDirectory, runGenerator } from '../../delivery/generated-objects.ts'
import type { ObjectFile } from '../../delivery/files/object-files.ts'
import { choosePin, pinReference } from '../../delivery/pin.ts'
import { WasmpackError } from '../../errors.ts'
import type { Reporter } from '../../ui/reporter.ts'
import type { Context, CreateContext, OutputFlags } from '../cli/command.ts'
import { addExamples } from '../cli/help.ts'
import { addAdmissionOfRunOptions } from '../flags/admission-of-run.ts'
import { addObjectOptions } from '../flags/objects.ts'
import { addOutputOptions } from '../flags/output.ts'
import { forEachWasmReference, type ReferenceFlags } from './each-wasm-reference.ts'
import { summarizeFailure } from './summarize-failure.ts'
import { verifySource } from './verify-source.ts'

interface Flags extends OutputFlags, ReferenceFlags {}

export function defineGenerate(command: Command, createContext: CreateContext): void {
  command
    .summary('print Kubernetes objects, pinned, if all that they refer to is admitted (for Argo CD)')
    .description(
      `Print the Kubernetes objects of a directory, or those that a command writes, with every Wasm reference pinned to what was
admitted: the command of an Argo CD config management plugin. Keys, policies and credentials are those of the flags and of the
sidecar's environment; nothing in the directory is run, and no parameter of the application is read. If anything is refused,
nothing is printed, and stderr gets one line. With an OCI source in ARGOCD_APP_SOURCE_REPO_URL, the signature of the bundle
ARGOCD_APP_REVISION is verified first.`,
    )
    .argument('[directory]', 'directory of objects', '.')
    .argument(
      '[command...]',
      'after --: a command that writes the objects instead, run in the directory without a shell',
    )
    .action(async (directory: string, words: readonly string[], flags: Flags) => {
      const context = createContext(flags)
      const warnings: string[] = []
      try {
        const text = await generate(directory, words, flags, withoutNotices(context, warnings))
        for (const warning of warnings) context.reporter.warn(warning)
        context.reporter.result({ objects: text }, text.replace(/\n$/, ''))
      } catch (error) {
        if (!(error instanceof WasmpackError)) throw error
        throw summarizeFailure(error)
      }
    })
  addAdmissionOfRunOptions(addObjectOptions(command))
  addExamples(
    addOutputOptions(command),
    'wasmpack gitops generate --key /etc/wasmpack/cosign.pub --timeout 45s',
    'wasmpack gitops generate . --key /etc/wasmpack/cosign.pub --timeout 45s -- kustomize build .',
  )
}

async function generate(
  directory: string,
  words: readonly string[],
  flags: Flags,
  context: Context,
): Promise<string> {
  const { signal } = context
  await verifySource(flags, context)
  const [program, ...args] = words
  const files: readonly ObjectFile[] =
    program === undefined
      ? await readObjectsOfDirectory(directory, flags.exclude ?? [], signal)
      : [await runGenerator([program, ...args], directory, signal)]
  await forEachWasmReference(files, flags, context, async (located, admit, { openSource }) => {
    const target = await choosePin(located, { update: false, openSource }, { signal })
    const { admission } = await admit(located, target.name)
    pinReference(located, target, admission.manifest.digest)
    return located
  })
  return joinObjects(files)
}

/** So that a failure is one line: its findings are in the error, as JSON has them. */
function withoutNotices(context: Context, warnings: string[]): Context {
  const reporter: Reporter = {
    ...context.reporter,
    format: 'json',
    notice: () => undefined,
    fail: () => undefined,
    warn: (text) => void warnings.push(text),
    result: () => undefined,
    transfer: () => ({ advance: () => undefined, end: () => undefined }),
  }
  return { ...context, reporter }
}

import { join } from 'node:path'

import { type Command, Option } from 'commander'

import { createOutputFile } from '../../delivery/files/output-file.ts'
import { readPluginPolicy } from '../../delivery/plugin-policy.ts'
import { WasmpackError } from '../../errors.ts'
import { makeDirectory } from '../../files/make-directory.ts'
import { writeFailure } from '../../files/system-errors.ts'
import { createPluginFiles } from '../../gitops/argocd/plugin.ts'
import { parseReference } from '../../oci/reference.ts'
import { printable } from '../../printable.ts'
import type { CreateContext, OutputFlags } from '../cli/command.ts'
import { addExamples } from '../cli/help.ts'
import { addOutputOptions } from '../flags/output.ts'
import { createPathParser } from '../flags/path.ts'

interface Flags extends OutputFlags {
  readonly image: string
  readonly policy: string
  readonly namespace: string
  readonly pullSecret?: string
  readonly force?: boolean
}

export function defineInit(command: Command, createContext: CreateContext): void {
  command
    .summary('write the component for Kustomize that adds the plugin to Argo CD')
    .description(
      `Write a component for Kustomize that adds gitops generate to Argo CD as a config management plugin: the plugin, the policies with the
keys that they name, and the sidecar of the repo-server. Applications then name the plugin wasmpack-v1.`,
    )
    .argument('<directory>', 'where the files are written')
    .argument(
      '[command...]',
      'after --: a command that writes the objects of an application, such as kustomize build .',
    )
    .addOption(
      new Option(
        '--image <reference>',
        'image of the sidecar with wasmpack in it, by digest',
      ).makeOptionMandatory(),
    )
    .addOption(
      new Option('--policy <file>', 'policies that every application is held to; keys stand beside the file')
        .argParser(createPathParser('--policy'))
        .makeOptionMandatory(),
    )
    .option('--namespace <name>', 'namespace of Argo CD', 'argocd')
    .option('--pull-secret <name>', 'Secret of type kubernetes.io/dockerconfigjson for the registries')
    .option('--force', 'overwrite files that exist')
    .action(async (directory: string, words: readonly string[], flags: Flags) => {
      const { reporter, signal } = createContext(flags)
      const { image, namespace, pullSecret } = flags
      for (const name of [namespace, pullSecret ?? 'a'])
        if (!/^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/.test(name))
          throw new WasmpackError('USAGE', `${printable(name)} is no name of a Kubernetes object`, {
            hint: 'use small letters, digits, - and .',
          })
      if (parseReference(image).digest === undefined)
        throw new WasmpackError('USAGE', `--image ${image} has no digest`, {
          hint: 'the sidecar decides what is deployed: pin it as REPOSITORY@DIGEST; wasmpack resolve prints the digest',
        })
      const policy = await readPluginPolicy(flags.policy, signal)
      const files = createPluginFiles({
        image,
        namespace,
        pullSecret,
        policy: policy.text,
        keys: policy.files,
        command: words,
      })
      await makeDirectory(directory).catch((error: unknown) => {
        throw writeFailure('plugin', directory, error)
      })
      const written: string[] = []
      for (const [name, text] of files) {
        const path = join(directory, name)
        const file = await createOutputFile(path, { what: 'plugin', overwrite: flags.force === true })
        await file.write(Buffer.from(text))
        await file.commit()
        written.push(path)
      }
      if (reporter.format === 'text')
        reporter.notice(
          `add it to the kustomization of Argo CD (components: [${printable(directory)}]), and name the plugin in each Application: spec.source.plugin.name: wasmpack-v1`,
        )
      reporter.result({ files: written }, written.map(printable).join('\n'))
    })
  addExamples(
    addOutputOptions(command),
    'wasmpack gitops init argocd/wasmpack --image registry.example.com/tools/wasmpack@sha256:… --policy policies.yaml',
    'wasmpack gitops init argocd/wasmpack --image registry.example.com/tools/wasmpack@sha256:… --policy policies.yaml -- kustomize build .',
  )
}

import { Option } from 'commander'

import { admitModule } from '../delivery/admit.ts'
import { openReference } from '../delivery/admit-reference.ts'
import { READER_NAMES, requireReadable } from '../delivery/readers.ts'
import { renderArtifact, RENDER_TARGETS, requireEnforced } from '../delivery/render.ts'
import { readAdmissionRules, describeGrantSource, type AdmissionFlags } from './flags/admission.ts'
import { addCacheOption, type CacheFlags, readSourceOpener } from './flags/cache.ts'
import { addCapabilitiesOption } from './flags/capabilities.ts'
import type { DefineCommand, OutputFlags } from './cli/command.ts'
import { addExamples } from './cli/help.ts'
import { addOutputOptions } from './flags/output.ts'
import {
  addPolicyOptions,
  choosePolicyRepository,
  type PolicyFlags,
  readPolicyFlags,
} from './flags/policies.ts'
import { parseTagOrDigest } from './flags/references.ts'
import { addRenderOptions, readRenderOptions, type RenderFlags } from './flags/render.ts'
import { addTransportOptions } from './flags/transport.ts'
import { addInsecureIgnoreSignature, addTrustOptions } from './flags/trust.ts'
import { describeEnforcement, formatRendered, toRenderedJson } from './show/rendered.ts'
import { warnOfWaivers } from './show/trust.ts'
import { reportDenial } from './show/verdict.ts'

interface Flags extends OutputFlags, AdmissionFlags, PolicyFlags, CacheFlags, RenderFlags {
  readonly target: string
}

export const renderCommand: DefineCommand = (command, createContext) => {
  command
    .description(
      `Print what a runtime or a cluster needs to run a module: pinned by digest, and only if the module is admitted as pull
admits it. For each grant and limit, stderr says who keeps it: the printed object, the runtime, or nobody. With nobody
the command fails, unless --allow-unenforced names the grant.`,
    )
    .argument('<reference>', 'artifact by tag or digest')
    .addOption(
      new Option('--target <target>', 'runtime or platform to render for')
        .choices(RENDER_TARGETS.map(({ name }) => name))
        .makeOptionMandatory(),
    )
    .action(async (text: string, flags: Flags) => {
      const context = createContext(flags)
      const { reporter, signal } = context
      const target = RENDER_TARGETS.find(({ name }) => name === flags.target)!
      const { reference, name } = parseTagOrDigest(text)
      const options = readRenderOptions(flags, target, reference)
      const rules = await readAdmissionRules(flags, context)
      const repository = choosePolicyRepository(flags, reference)
      const {
        target: source,
        opened,
        policies,
      } = await openReference(
        reference,
        { name, repository },
        {
          ...rules,
          policies: await readPolicyFlags(flags, signal),
          openSource: await readSourceOpener(flags, context),
        },
        { signal },
      )
      const url = `${source.name}@${opened.manifest.digest}`
      warnOfWaivers(url, opened.trust, reporter)
      const transfer = reporter.transfer(`reading ${source.name}`, opened.source.size)
      const operation = { signal, progress: transfer.advance }
      const admission = await admitModule(source, opened, undefined, operation).finally(transfer.end)
      if (admission.verdict?.allowed === false)
        throw reportDenial(reporter, url, describeGrantSource(flags), admission.verdict)
      const rendered = renderArtifact({ reference, admission, policies, target, options })
      const reader = READER_NAMES.find((consumer) => consumer === target.name)
      if (reader !== undefined) await requireReadable(reader, source, admission, { signal })
      if (reporter.format === 'text') reporter.notice(describeEnforcement(rendered.enforcement).join('\n'))
      requireEnforced(rendered, target, flags.allowUnenforced ?? [])
      if (reporter.format === 'text') {
        for (const note of rendered.notes ?? []) reporter.notice(note)
        if (target.readsFile)
          reporter.notice(
            `fetch the module, with the same flags of trust: wasmpack pull ${url} -o ${options.name}.wasm`,
          )
      }
      reporter.result(
        toRenderedJson(rendered, url),
        reporter.format === 'text' ? formatRendered(rendered) : '',
      )
    })
  addRenderOptions(
    addPolicyOptions(
      addCapabilitiesOption(
        addInsecureIgnoreSignature(addTrustOptions(command)),
        'additional capability manifest the module must satisfy, - for stdin',
      ),
    ),
  )
  addExamples(
    addOutputOptions(addCacheOption(addTransportOptions(command))),
    'wasmpack render registry.example.com/team/app:1.0.0 --target runwasi --key cosign.pub | kubectl apply -f -',
    'wasmpack render registry.example.com/team/filter:1.0.0 --target envoy --key cosign.pub',
  )
}

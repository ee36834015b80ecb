import { toRfc3339Seconds } from '../time.ts'
import { WasmpackError } from '../errors.ts'
import { formatRepository } from '../oci/reference.ts'
import { signArtifact } from '../attestations/sign.ts'
import { type OutputFlags, type DefineCommand } from './cli/command.ts'
import { addExamples } from './cli/help.ts'
import { addOutputOptions } from './flags/output.ts'
import { parseTagOrDigest } from './flags/references.ts'
import { readSigner, type SignerFlags, addSigningKeyOption } from './flags/signer.ts'
import { readOpener, type TransportFlags, addTransportOptions } from './flags/transport.ts'

export const signCommand: DefineCommand = (command, createContext) => {
  command
    .description(
      `Sign an artifact by its digest: a tag may move before the signature is written. Signing again with the same key
writes nothing.`,
    )
    .argument('<reference>', 'REPOSITORY@DIGEST')
    .action(async (text: string, flags: OutputFlags & SignerFlags & TransportFlags) => {
      const context = createContext(flags)
      const { reporter, signal, environment } = context
      const { reference, name } = parseTagOrDigest(text)
      if (flags.key === undefined)
        throw new WasmpackError('USAGE', 'no key was given to sign with', {
          hint: 'give --key cosign.key; make one with: wasmpack generate-key-pair',
        })
      const openTarget = await readOpener(flags, context, 'push')
      const target = await openTarget(reference)
      if (reference.digest === undefined) {
        const { digest } = await target.resolve(name, { signal })
        throw new WasmpackError('USAGE', `${text} is a tag, which may move: only a digest can be signed`, {
          hint: `it names now: ${formatRepository(reference)}@${digest}`,
          details: { digest },
        })
      }
      const signer = await readSigner(flags.key, context)
      const manifest = await target.manifest(name, { signal })
      const { digest: signature, written } = await signArtifact(
        target,
        manifest,
        signer,
        { created: environment.created ?? toRfc3339Seconds(new Date()) },
        { signal },
      )
      reporter.result(
        { repository: target.name, digest: name, signature, written },
        `${target.name}@${signature}`,
      )
      if (!written) reporter.notice('unchanged: a valid signature by this key is there already')
    })
  addExamples(
    addOutputOptions(addTransportOptions(addSigningKeyOption(command))),
    'wasmpack sign registry.example.com/team/app@sha256:... --key cosign.key',
  )
}

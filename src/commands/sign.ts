import { signPublished } from '../delivery/sign.ts'
import { WasmpackError } from '../errors.ts'
import type { Signer } from '../signing/signer.ts'
import { toRfc3339Seconds } from '../time.ts'
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
      const { key } = flags
      if (key === undefined)
        throw new WasmpackError('USAGE', 'no private key to sign with', {
          hint: `wasmpack sign ${text} --key cosign.key; generate one with: wasmpack generate-key-pair`,
        })
      const openTarget = await readOpener(flags, context, 'push')
      const target = await openTarget(reference)
      const openSigner = (): Promise<Signer> => readSigner(key, context)
      const signedAt = environment.created ?? toRfc3339Seconds(new Date())
      const request = { target, reference, name, keyFile: key, openSigner, signedAt }
      const { digest, signature } = await signPublished(request, { signal })
      reporter.result(
        { repository: target.name, digest, signature: signature.digest, written: signature.written },
        `${target.name}@${signature.digest}`,
      )
      if (!signature.written) reporter.notice('unchanged: already signed with this key')
    })
  addExamples(
    addOutputOptions(addTransportOptions(addSigningKeyOption(command))),
    'wasmpack sign registry.example.com/team/app@sha256:... --key cosign.key',
  )
}

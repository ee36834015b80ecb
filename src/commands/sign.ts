import { signPublished } from '../delivery/sign.ts'
import { WasmpackError } from '../errors.ts'
import type { Signer } from '../signing/signer.ts'
import { toRfc3339Seconds } from '../time.ts'
import { type OutputFlags, type DefineCommand } from './cli/command.ts'
import { addExamples } from './cli/help.ts'
import { openReference } from './flags/open-reference.ts'
import { addOutputOptions } from './flags/output.ts'
import { readSigner, type SignerFlags, addSigningKeyOption } from './flags/signer.ts'
import { type TransportFlags, addTransportOptions } from './flags/transport.ts'

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
      const { key } = flags
      if (key === undefined)
        throw new WasmpackError('USAGE', 'no private key to sign with', {
          hint: `wasmpack sign ${text} --key cosign.key; generate one with: wasmpack generate-key-pair`,
        })
      const openSigner = (): Promise<Signer> => readSigner(key, context)
      const signedAt = environment.readCreated() ?? toRfc3339Seconds(new Date())
      const opened = await openReference(text, flags, context, 'push')
      const request = { ...opened, keyFile: key, openSigner, signedAt }
      const { digest, signature } = await signPublished(request, { signal })
      reporter.result(
        { repository: opened.target.name, digest, signature: signature.digest, written: signature.written },
        `${opened.target.name}@${signature.digest}`,
      )
      if (!signature.written) reporter.notice('unchanged: already signed with this key')
    })
  addExamples(
    addOutputOptions(addTransportOptions(addSigningKeyOption(command))),
    'wasmpack sign registry.example.com/team/app@sha256:... --key cosign.key',
  )
}

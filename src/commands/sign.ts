import { signPublished } from '../delivery/sign.ts'
import { WasmpackError } from '../errors.ts'
import { printable } from '../printable.ts'
import { redactLocation } from '../redacted.ts'
import type { Signing } from '../signing/signing.ts'
import { toRfc3339Seconds } from '../time.ts'
import { type OutputFlags, type DefineCommand } from './cli/command.ts'
import { addExamples } from './cli/help.ts'
import { openReference } from './flags/open-reference.ts'
import { addOutputOptions } from './flags/output.ts'
import { addSigningOptions, describeSigningFlags, readSigning, type SigningFlags } from './flags/signing.ts'
import { addTransportOptions } from './flags/transport.ts'

interface Flags extends OutputFlags, SigningFlags {
  readonly again?: boolean
}

export const signCommand: DefineCommand = (command, createContext) => {
  command
    .description(
      `Sign an artifact by its digest: a tag may move before the signature is written. Signing with the same key
once more writes nothing, unless --again is given.`,
    )
    .argument('<reference>', 'REPOSITORY@DIGEST')
    .option(
      '--again',
      'sign although this signer has signed before, where a policy asks for a newer signature',
    )
    .action(async (text: string, flags: Flags) => {
      const context = createContext(flags)
      const { reporter, signal, environment } = context
      const who = describeSigningFlags(flags)
      if (who === undefined)
        throw new WasmpackError('USAGE', 'no private key and no identity to sign with', {
          hint: `wasmpack sign ${printable(redactLocation(text))} --key cosign.key; generate one with: wasmpack generate-key-pair; or sign with --keyless`,
        })
      const signedAt = environment.readCreated() ?? toRfc3339Seconds(new Date())
      const opened = await openReference(text, flags, context, 'push')
      const openSigning = async (): Promise<Signing> => (await readSigning(flags, context))!
      const { again } = flags
      const request = { ...opened, flags: who, openSigning, signedAt, again }
      const { digest, signatures } = await signPublished(request, { signal })
      const { signature, legacySignature } = signatures
      const made = [signature, legacySignature].filter((one) => one !== undefined)
      const written = made.some((one) => one.written)
      const [first] = made
      reporter.result(
        {
          repository: opened.target.name,
          digest,
          signature: first?.digest,
          ...(signature && legacySignature && { legacySignature: legacySignature.digest }),
          written,
        },
        made.map((one) => `${opened.target.name}@${one.digest}`).join('\n'),
      )
      if (!written) reporter.notice('unchanged: already signed by this signer; sign once more with --again')
    })
  addExamples(
    addOutputOptions(addTransportOptions(addSigningOptions(command))),
    'wasmpack sign registry.example.com/team/app@sha256:... --key cosign.key',
    'wasmpack sign registry.example.com/team/app@sha256:... --keyless --signing-config signing_config.json --yes',
  )
}

import { toSeconds } from '../config/environment.ts'
import { WasmpackError } from '../errors.ts'
import { formatRepository } from '../oci/reference.ts'
import { signArtifact } from '../attestations/sign.ts'
import { type OutputFlags, type Define, withExamples } from './cli/command.ts'
import { withOutput } from './flags/output.ts'
import { parseNamedReference } from './flags/references.ts'
import { readSigner, type SignerFlags, withSigner } from './flags/signer.ts'
import { readOpener, type TransportFlags, withTransport } from './flags/transport.ts'

export const sign: Define = (command, begin) => {
  command
    .description(
      `Sign an artifact that is already published, by its digest: a tag may name something else by the time the
signature is made. Signing again with the same key writes nothing.`,
    )
    .argument('<reference>', 'REPOSITORY@DIGEST')
    .action(async (text: string, flags: OutputFlags & SignerFlags & TransportFlags) => {
      const context = begin(flags)
      const { reporter, signal, environment } = context
      const { reference, name } = parseNamedReference(text)
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
        { created: environment.created ?? toSeconds(new Date()) },
        { signal },
      )
      reporter.result(
        { repository: target.name, digest: name, signature, written },
        `${target.name}@${signature}`,
      )
      if (!written) reporter.notice('unchanged: a valid signature by this key is there already')
    })
  withExamples(
    withOutput(withTransport(withSigner(command))),
    'wasmpack sign registry.example.com/team/app@sha256:... --key cosign.key',
  )
}

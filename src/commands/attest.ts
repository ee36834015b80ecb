import { attestPublished } from '../delivery/attest.ts'
import { readPredicateFile } from '../delivery/files/predicate-file.ts'
import { WasmpackError } from '../errors.ts'
import { printable } from '../printable.ts'
import { redactLocation } from '../redacted.ts'
import type { Signing } from '../signing/signing.ts'
import { toRfc3339Seconds } from '../time.ts'
import { type OutputFlags, type DefineCommand } from './cli/command.ts'
import { addExamples } from './cli/help.ts'
import { parsePredicateType, TYPE_VALUES } from './flags/attestations.ts'
import { openReference } from './flags/open-reference.ts'
import { addOutputOptions } from './flags/output.ts'
import { createPathParser } from './flags/path.ts'
import { addAttestingOptions, describeSigningFlags, readSigning, type SigningFlags } from './flags/signing.ts'
import { addTransportOptions } from './flags/transport.ts'

interface Flags extends OutputFlags, SigningFlags {
  readonly type: string
  readonly predicate: string
  readonly again?: boolean
}

export const attestCommand: DefineCommand = (command, createContext) => {
  command
    .description(
      `Sign an attestation of an artifact by its digest, and attach it: a statement of the given type, with the bytes of the
predicate file unchanged. An attestation is no signature. Attesting the same again with the same signer writes nothing.`,
    )
    .argument('<reference>', 'REPOSITORY@DIGEST')
    .requiredOption('--type <type>', `predicate type: ${TYPE_VALUES}`)
    .requiredOption(
      '--predicate <file>',
      'what is attested, a JSON object of at most 10 MiB; - for stdin',
      createPathParser('--predicate'),
    )
    .option('--again', 'attest although this signer has attested the same before')
    .action(async (text: string, flags: Flags) => {
      const context = createContext(flags)
      const { reporter, signal, environment } = context
      const predicateType = parsePredicateType(flags.type, '--type')
      const statement = `--type ${flags.type} --predicate ${flags.predicate}`
      const who = describeSigningFlags(flags)
      if (who === undefined)
        throw new WasmpackError('USAGE', 'no private key and no identity to sign with', {
          hint: `wasmpack attest ${printable(`${redactLocation(text)} ${statement}`)} --key cosign.key; generate one with: wasmpack generate-key-pair; or sign with --keyless`,
        })
      const predicate = await readPredicateFile(flags.predicate, signal)
      const signedAt = environment.readCreated() ?? toRfc3339Seconds(new Date())
      const opened = await openReference(text, flags, context, 'push')
      const openSigning = async (): Promise<Signing> => (await readSigning(flags, context))!
      const request = { ...opened, flags: `${statement} ${who}`, openSigning, signedAt, again: flags.again }
      const { digest, written } = await attestPublished(request, { predicateType, predicate }, { signal })
      const { name: repository } = opened.target
      reporter.result(
        { repository, digest: opened.reference.digest, predicateType, attestation: digest, written },
        `${repository}@${digest}`,
      )
      if (!written) reporter.notice('unchanged: already attested by this signer')
    })
  addExamples(
    addOutputOptions(addTransportOptions(addAttestingOptions(command))),
    'wasmpack attest registry.example.com/team/app@sha256:... --type cyclonedx --predicate bom.json --key cosign.key',
    'wasmpack attest registry.example.com/team/app@sha256:... --type slsaprovenance1 --predicate provenance.json --keyless --yes',
  )
}

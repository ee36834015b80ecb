import { planKeyPair, writeKeyPair } from '../delivery/key-pair.ts'
import { WasmpackError } from '../errors.ts'
import { askSecret } from './cli/ask-secret.ts'
import { type OutputFlags, type DefineCommand } from './cli/command.ts'
import { addExamples } from './cli/help.ts'
import { addOutputOptions } from './flags/output.ts'
import { createPathParser } from './flags/path.ts'
import { SET_PASSWORD } from './flags/signer.ts'

interface Flags extends OutputFlags {
  readonly outputKeyPrefix: string
  readonly force?: boolean
}

export const generateKeyPairCommand: DefineCommand = (command, createContext) => {
  command
    .description(
      `Generate an ECDSA P-256 key pair in cosign's format: PREFIX.key, encrypted with a password, and PREFIX.pub. The
password is read from COSIGN_PASSWORD or a prompt.`,
    )
    .option(
      '--output-key-prefix <prefix>',
      'path prefix of the two files',
      createPathParser('--output-key-prefix'),
      'cosign',
    )
    .option('--force', 'overwrite existing files (the old private key is lost)')
    .action(async (flags: Flags) => {
      const { reporter, environment, signal } = createContext(flags)
      const overwrite = flags.force === true
      const paths = await planKeyPair(flags.outputKeyPrefix, overwrite)
      const password = environment.keyPassword ?? (await askPasswordTwice(signal))
      await writeKeyPair(paths, password, overwrite)
      reporter.result(paths, `${paths.privateKey}\n${paths.publicKey}`)
      if (password === '')
        reporter.warn('the private key has an empty password: anyone who can read the file can sign')
    })
  addExamples(
    addOutputOptions(command),
    'wasmpack generate-key-pair',
    'wasmpack generate-key-pair --output-key-prefix keys/release',
  )
}

async function askPasswordTwice(signal: AbortSignal): Promise<string> {
  const first = await askSecret('Password of the private key: ', SET_PASSWORD, signal)
  if (first === (await askSecret('Repeat the password: ', SET_PASSWORD, signal))) return first
  throw new WasmpackError('USAGE', 'the passwords do not match', { hint: 'run the command again' })
}

import { createKeyInKms, planKeyPair, writeKeyPair } from '../delivery/key-pair.ts'
import { WasmpackError } from '../errors.ts'
import { quoted } from '../printable.ts'
import { type KmsKeyUri, parseKeyUri } from '../signing/kms/key-uri.ts'
import { askSecret } from './cli/ask-secret.ts'
import { type OutputFlags, type DefineCommand } from './cli/command.ts'
import { addExamples } from './cli/help.ts'
import { addOutputOptions } from './flags/output.ts'
import { createPathParser } from './flags/path.ts'
import { SET_PASSWORD } from './flags/signer.ts'

interface Flags extends OutputFlags {
  readonly outputKeyPrefix: string
  readonly force?: boolean
  readonly kms?: KmsKeyUri
}

export const generateKeyPairCommand: DefineCommand = (command, createContext) => {
  command
    .description(
      `Generate an ECDSA P-256 key pair in cosign's format: PREFIX.key, encrypted with a password, and PREFIX.pub. The
password is read from COSIGN_PASSWORD or a prompt. With --kms, a KMS makes and keeps the private key, and PREFIX.pub is
written.`,
    )
    .option(
      '--output-key-prefix <prefix>',
      'path prefix of the two files',
      createPathParser('--output-key-prefix'),
      'cosign',
    )
    .option('--kms <key>', 'NAME://ID: let the KMS plugin sigstore-kms-NAME make the key', parseKms)
    .option('--force', 'overwrite existing files (the old private key is lost)')
    .action(async (flags: Flags) => {
      const { reporter, environment, signal } = createContext(flags)
      const overwrite = flags.force === true
      if (flags.kms !== undefined) {
        const publicKey = await createKeyInKms(flags.kms, flags.outputKeyPrefix, { overwrite, signal })
        return reporter.result({ publicKey }, publicKey)
      }
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
    'wasmpack generate-key-pair --kms softhsm://release --output-key-prefix keys/release',
  )
}

function parseKms(text: string): KmsKeyUri {
  const uri = parseKeyUri(text)
  if (uri !== undefined) return uri
  throw new WasmpackError('USAGE', `invalid --kms ${quoted(text.slice(0, 100))}: expected NAME://ID`, {
    hint: 'NAME is that of a program sigstore-kms-NAME in PATH, for example --kms softhsm://release',
  })
}

async function askPasswordTwice(signal: AbortSignal): Promise<string> {
  const first = await askSecret('Password of the private key: ', SET_PASSWORD, signal)
  if (first === (await askSecret('Repeat the password: ', SET_PASSWORD, signal))) return first
  throw new WasmpackError('USAGE', 'the passwords do not match', { hint: 'run the command again' })
}

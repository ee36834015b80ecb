import { rm, stat } from 'node:fs/promises'

import { writeOutputFile } from '../delivery/files/output-file.ts'
import { WasmpackError } from '../errors.ts'
import { generateKeyPair } from '../signing/private-key.ts'
import { askSecret } from './cli/ask-secret.ts'
import { type OutputFlags, type DefineCommand } from './cli/command.ts'
import { addExamples } from './cli/help.ts'
import { addOutputOptions } from './flags/output.ts'
import { createPathParser } from './flags/path.ts'

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
      const paths = {
        privateKey: `${flags.outputKeyPrefix}.key`,
        publicKey: `${flags.outputKeyPrefix}.pub`,
      }
      const overwrite = flags.force === true
      if (!overwrite) for (const path of Object.values(paths)) await rejectExisting(path)
      const password = environment.keyPassword ?? (await askPasswordTwice(signal))
      const pair = await generateKeyPair(password)
      await writeOutputFile(paths.privateKey, pair.privateKey, { overwrite, mode: 0o600 })
      try {
        await writeOutputFile(paths.publicKey, pair.publicKey, { overwrite })
      } catch (cause) {
        if (!overwrite) await rm(paths.privateKey, { force: true })
        throw cause
      }
      reporter.result(paths, `${paths.privateKey}\n${paths.publicKey}`)
      if (password === '')
        reporter.warn('the private key has an empty password: whoever reads the file can sign')
    })
  addExamples(
    addOutputOptions(command),
    'wasmpack generate-key-pair',
    'wasmpack generate-key-pair --output-key-prefix keys/release',
  )
}

/** Looked at before the password is asked for; the writing itself looks again. */
async function rejectExisting(path: string): Promise<void> {
  const exists = await stat(path).then(
    () => true,
    () => false,
  )
  if (exists)
    throw new WasmpackError('FILE_UNWRITABLE', `${path} exists already`, {
      hint: 'choose another --output-key-prefix, or --force to overwrite the key',
    })
}

async function askPasswordTwice(signal: AbortSignal): Promise<string> {
  const first = await askSecret('Password for the private key: ', 'COSIGN_PASSWORD', signal)
  if (first === (await askSecret('The same again: ', 'COSIGN_PASSWORD', signal))) return first
  throw new WasmpackError('USAGE', 'the two passwords differ', { hint: 'run the command again' })
}

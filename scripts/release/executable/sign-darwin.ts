import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

import { runProgram } from '../run-program.ts'

const PEERS = process.env['WASMPACK_PEERS'] ?? join(homedir(), '.cache/wasmpack-peers')

/**
 * Signs an executable for macOS ad hoc, that is without an identity: macOS on arm64 starts nothing unsigned, and the build has
 * invalidated the signature of Node. Throws if rcodesign is not installed.
 */
export async function signDarwin(executable: string): Promise<void> {
  const rcodesign = join(PEERS, 'bin/rcodesign')
  if (!existsSync(rcodesign))
    throw new Error('executables for macOS are signed by rcodesign: bash test/stack/install.sh rcodesign')
  await runProgram(rcodesign, ['sign', '--binary-identifier', 'wasmpack', executable])
}

import { runProgram } from '../run-program.ts'

/**
 * Signs an executable for macOS ad hoc, that is without an identity: macOS on arm64 starts nothing unsigned, and the build has
 * invalidated the signature of Node. Returns false if rcodesign, which does it on any system, is not on the PATH.
 */
export async function signDarwin(executable: string): Promise<boolean> {
  try {
    await runProgram('rcodesign', ['sign', '--binary-identifier', 'wasmpack', executable])
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

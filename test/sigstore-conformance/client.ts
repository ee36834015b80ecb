import { signBundle } from './sign-bundle.ts'
import { verifyBundle } from './verify-bundle.ts'

/**
 * Runs one subcommand of the protocol of sigstore-conformance; the exit status is 1 for whatever is not signed or not verified.
 * `captures` is the directory of captured trusted roots.
 * https://github.com/sigstore/sigstore-conformance/blob/main/docs/cli_protocol.md
 */
export async function runClient([subcommand, ...args]: readonly string[], captures: string): Promise<number> {
  try {
    switch (subcommand) {
      case 'sign-bundle':
        await signBundle(args, captures)
        return 0
      case 'verify-bundle': {
        const problem = await verifyBundle(args, captures)
        if (problem === undefined) return 0
        process.stderr.write(`not verified: ${problem}\n`)
        return 1
      }
      default:
        throw new Error(`expected sign-bundle or verify-bundle, got ${subcommand}`)
    }
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
    return 1
  }
}

import { readProgramEnvironment } from '../../config/program-environment.ts'
import { WasmpackError } from '../../errors.ts'
import { printable } from '../../printable.ts'
import { runBounded } from '../../processes/bounded-process.ts'
import { redactWords } from '../../redacted.ts'
import type { TokenSource } from '../token-source.ts'

const AGENT = 'buildkite-agent'
/** In milliseconds. */
const TIMEOUT = 30_000
const OUTPUT_LIMIT = 64 * 1024

/** The agent of a Buildkite job. https://buildkite.com/docs/agent/cli/reference/oidc */
export const buildkiteTokens = (audience: string, signal: AbortSignal): TokenSource => ({
  name: 'Buildkite',
  renewable: true,
  async fetchToken() {
    const outcome = await runBounded(AGENT, ['oidc', 'request-token', '--audience', audience], '', {
      timeout: TIMEOUT,
      output: OUTPUT_LIMIT,
      errors: OUTPUT_LIMIT,
      signal,
      // The agent logs in with variables of its own, which are secrets.
      env: readProgramEnvironment(/^BUILDKITE_/),
    })
    if ('problem' in outcome) throw failed(outcome.problem)
    const { status, output, errors } = outcome
    // What it prints on stdout may be a token, so only stderr is quoted.
    if (status !== 0)
      throw failed(`failed with status ${status}: ${printable(redactWords(errors.trim()).slice(0, 300))}`)
    return { text: output.trim() }
  },
})

const failed = (problem: string): WasmpackError =>
  new WasmpackError('UNAUTHENTICATED', `${AGENT} oidc request-token ${problem}`, {
    hint: 'the agent of the job must be in PATH; or pass a token with --identity-token FILE',
  })

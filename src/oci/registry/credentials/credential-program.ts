import { readProgramEnvironment } from '../../../config/program-environment.ts'
import { runBounded } from '../../../processes/bounded-process.ts'
import { quoted } from '../../../printable.ts'
import { isRecord, parseJson } from '../../../json.ts'
import { type Credential, IDENTITY_TOKEN_USER } from './credential.ts'

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
const TIMEOUT = 30_000
const OUTPUT_LIMIT = 64 * 1024

/** The output of a helper, or why there is none, in our own words. */
type HelperOutcome = { readonly output: string } | { readonly problem: string }

/**
 * Runs `docker-credential-NAME` for at most 30 seconds, without the secrets of our own environment; its output is never shown, since
 * it may hold a secret.
 * https://github.com/docker/docker-credential-helpers
 */
async function runHelper(
  name: string,
  action: 'get' | 'store' | 'erase',
  input: string,
  signal?: AbortSignal,
): Promise<HelperOutcome> {
  signal?.throwIfAborted()
  if (!NAME.test(name))
    return { problem: `${quoted(name.slice(0, 100))} is not a valid name of a credential helper` }
  const program = `docker-credential-${name}`
  const bounds = { timeout: TIMEOUT, output: OUTPUT_LIMIT, signal, env: readProgramEnvironment() }
  const outcome = await runBounded(program, [action], input, bounds)
  if ('problem' in outcome) return { problem: `the credential helper ${program} ${outcome.problem}` }
  const { output, status } = outcome
  // The protocol's message for a missing credential.
  if (output.trim() === 'credentials not found in native keychain') return { output: '' }
  return status === 0
    ? { output }
    : { problem: `the credential helper ${program} failed with status ${status}` }
}

/** Reads a credential from a helper, if it has one. Throws the reason of an aborted signal. */
export async function getFromHelper(
  name: string,
  server: string,
  signal?: AbortSignal,
): Promise<{ readonly credential?: Credential; readonly problem?: string }> {
  const outcome = await runHelper(name, 'get', server, signal)
  if ('problem' in outcome) return outcome
  if (outcome.output.trim() === '') return {}
  let answer: unknown
  try {
    answer = parseJson(Buffer.from(outcome.output), 'the answer')
  } catch {
    answer = undefined
  }
  const problem = `the credential helper docker-credential-${name} did not follow the credential helper protocol`
  if (!isRecord(answer)) return { problem }
  const { Username: username, Secret: secret } = answer
  if (typeof username !== 'string' || typeof secret !== 'string') return { problem }
  if (secret === '')
    return { problem: `the credential helper docker-credential-${name} gave an empty secret for ${server}` }
  return {
    credential:
      username === IDENTITY_TOKEN_USER
        ? { kind: 'identity-token', token: secret }
        : { kind: 'basic', username, password: secret },
  }
}

/** Stores a credential with a helper; returns the problem if it failed. */
export async function storeWithHelper(
  name: string,
  server: string,
  username: string,
  secret: string,
): Promise<string | undefined> {
  const entry = JSON.stringify({ ServerURL: server, Username: username, Secret: secret })
  const outcome = await runHelper(name, 'store', entry)
  return 'problem' in outcome ? outcome.problem : undefined
}

export async function eraseWithHelper(name: string, server: string): Promise<string | undefined> {
  const outcome = await runHelper(name, 'erase', server)
  return 'problem' in outcome ? outcome.problem : undefined
}

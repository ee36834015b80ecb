import { readProgramEnvironment } from '../../config/program-environment.ts'
import { WasmpackError } from '../../errors.ts'
import { isRecord, MalformedJson, parseJson } from '../../json.ts'
import { printable } from '../../printable.ts'
import { type ProcessOutcome, runBounded } from '../../processes/bounded-process.ts'
import { redactWords } from '../../redacted.ts'
import { decodeBase64 } from '../base64.ts'
import type { KmsKeyUri } from './key-uri.ts'

const PROTOCOL = 'v1'
/** In milliseconds: a person may have to touch a token. */
const TIMEOUT = 60_000
const OUTPUT_LIMIT = 64 * 1024
/** Of what a plugin says, in characters. */
const QUOTED_LIMIT = 1000

/** The numbers of hash functions in the protocol: those of Go's crypto.Hash. */
export const HASH_NUMBERS = { sha256: 5, sha384: 6, sha512: 7 } as const

export interface PluginOptions {
  readonly hash?: keyof typeof HASH_NUMBERS
  readonly signal?: AbortSignal | undefined
  /** In milliseconds; 60 seconds by default. */
  readonly timeout?: number
}

/** A method, its arguments, and the field of its answer that is asked for. */
export interface PluginCall {
  readonly method: 'publicKey' | 'signMessage' | 'defaultAlgorithm' | 'createKey'
  readonly args: Readonly<Record<string, unknown>>
  readonly message?: Uint8Array
  readonly answer: string
}

/** The options that cosign sends by default. */
export const RPC_OPTIONS = { keyVersion: '', remoteVerification: false } as const

/**
 * Calls a method of the program `sigstore-kms-NAME`, and gives one text of its answer. Throws FILE_NOT_FOUND for a program that is
 * not there, KMS_FAILED for one that fails, answers something else or does not end, and the reason of an aborted signal.
 * https://github.com/sigstore/sigstore/blob/main/pkg/signature/kms/cliplugin/README.md
 */
export async function callPlugin(uri: KmsKeyUri, call: PluginCall, options: PluginOptions): Promise<string> {
  const program = `sigstore-kms-${uri.plugin}`
  const { method, args, message, answer } = call
  const { signal, hash = 'sha256', timeout = TIMEOUT } = options
  const request = {
    initOptions: {
      protocolVersion: PROTOCOL,
      keyResourceID: uri.id,
      hashFunc: HASH_NUMBERS[hash],
      rpcOptions: RPC_OPTIONS,
    },
    methodName: method,
    [method]: args,
  }
  const outcome = await runBounded(program, [PROTOCOL, JSON.stringify(request)], message ?? '', {
    timeout,
    output: OUTPUT_LIMIT,
    errors: OUTPUT_LIMIT,
    signal,
    env: readProgramEnvironment(matchOwnVariables(uri.plugin)),
  })
  if ('problem' in outcome && outcome.missing) throw missingPlugin(uri, program)
  const fail = (problem: string): WasmpackError =>
    new WasmpackError('KMS_FAILED', `${program} ${problem} (${method})`, { hint: hintAt(program) })
  if ('problem' in outcome) throw fail(outcome.problem)
  const text = readAnswer(outcome, method, fail)[answer]
  if (typeof text === 'string') return text
  throw fail(`gave an answer without ${method}.${answer}`)
}

/** The same for a text that is base64 of bytes. */
export async function callForBytes(
  uri: KmsKeyUri,
  call: PluginCall,
  options: PluginOptions,
): Promise<Uint8Array> {
  const bytes = decodeBase64(await callPlugin(uri, call, options))
  if (bytes !== undefined && bytes.length > 0) return bytes
  throw new WasmpackError(
    'KMS_FAILED',
    `sigstore-kms-${uri.plugin} gave an answer whose ${call.method}.${call.answer} is not base64`,
    { hint: hintAt(`sigstore-kms-${uri.plugin}`) },
  )
}

/** The answer of a method. The protocol has errors in the JSON and ignores the exit status. */
function readAnswer(
  { output, errors, status }: Exclude<ProcessOutcome, { problem: string }>,
  method: string,
  fail: (problem: string) => WasmpackError,
): Readonly<Record<string, unknown>> {
  let response: unknown
  try {
    response = parseJson(Buffer.from(output), 'the answer')
  } catch (cause) {
    if (!(cause instanceof MalformedJson)) throw cause
    const said = printable(redactWords(errors.trim()).slice(0, QUOTED_LIMIT))
    throw fail(
      status === 0
        ? `gave an answer that ${cause.problem}`
        : `failed with status ${status}${said === '' ? '' : `: ${said}`}`,
    )
  }
  if (!isRecord(response)) throw fail('gave an answer that is no JSON object')
  const { errorMessage } = response
  if (typeof errorMessage === 'string' && errorMessage !== '')
    throw fail(`says: ${printable(redactWords(errorMessage).slice(0, QUOTED_LIMIT))}`)
  const answer = response[method]
  return isRecord(answer) ? answer : {}
}

/** A plugin gets the variables that begin with its own name, which may be secrets that it logs in with. */
const matchOwnVariables = (plugin: string): RegExp =>
  new RegExp(`^${plugin.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}_`)

const hintAt = (program: string): string =>
  `${program} is another program: look at its own documentation, and at which variables it gets: docs/signing.md`

/** What cosign reads under a name that looks like a plugin's, and how wasmpack is told the same. */
const BUILT_INTO_COSIGN: ReadonlyMap<string, string> = new Map([
  ...['awskms', 'azurekms', 'gcpkms', 'hashivault'].map(
    (name) =>
      [
        name,
        `cosign has ${name}:// built in, wasmpack needs the plugin sigstore-kms-${name}; to verify, pass the file that this writes: cosign public-key --key ${name}://ID --outfile kms.pub`,
      ] as const,
  ),
  ['env', 'pass the key on standard input: printenv NAME | wasmpack ... --key -'],
  ['k8s', 'pass the key of the secret on standard input: kubectl get secret ... | wasmpack ... --key -'],
  ['gitlab', 'write the key to a file, or pass it on standard input with --key -'],
  ['http', 'download the key, compare it with what its owner says, and pass the file'],
  ['https', 'download the key, compare it with what its owner says, and pass the file'],
  ['file', 'pass the path alone: --key cosign.key'],
])

const missingPlugin = ({ plugin }: KmsKeyUri, program: string): WasmpackError =>
  new WasmpackError('FILE_NOT_FOUND', `no program ${program} in PATH, which --key ${plugin}://... names`, {
    hint:
      BUILT_INTO_COSIGN.get(plugin) ??
      `install the Sigstore KMS plugin ${program}, or pass the path of a key file`,
  })

import { WasmpackError } from '../../errors.ts'
import { isRecord, MalformedJson, parseJson } from '../../json.ts'
import { decodeBase64 } from '../base64.ts'

/** The error of a service whose answer is of no use; `what` is the service as the subject of a sentence. */
export const unusableAnswer = (what: string, problem: string, cause?: unknown): WasmpackError =>
  new WasmpackError('UNAVAILABLE', `${what} ${problem}`, {
    hint: 'check that the address is the one of the service; --debug shows the requests',
    cause,
  })

/** The body of a log entry: what the log has recorded and signed. Throws if it is not JSON, or of another kind. */
export function readEntryBody(
  canonicalizedBody: unknown,
  { kind, version }: { readonly kind: string; readonly version: string },
  what: string,
): Readonly<Record<string, unknown>> {
  const bytes = decodeBase64(canonicalizedBody)
  if (bytes === undefined) throw unusableAnswer(what, 'answered with an entry whose body is not base64')
  try {
    const body = parseJson(bytes, 'the body')
    if (isRecord(body) && body['kind'] === kind && body['apiVersion'] === version && isRecord(body['spec']))
      return body['spec']
  } catch (cause) {
    if (!(cause instanceof MalformedJson)) throw cause
    throw unusableAnswer(what, `answered with an entry that cannot be read: ${cause.message}`, cause)
  }
  throw unusableAnswer(what, `answered with an entry that is not of the kind ${kind} ${version}`)
}

/** A number of protobuf's JSON: 64 bits as text. Undefined for anything else. */
export function readCount(value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return String(value)
  return typeof value === 'string' && /^\d{1,19}$/.test(value) ? value : undefined
}

/** What an inclusion proof consists of, in base64 and text; undefined fields are none of it. */
export interface ProofFields {
  readonly logIndex: unknown
  readonly rootHash: unknown
  readonly treeSize: unknown
  readonly hashes: unknown
  readonly checkpoint: unknown
}

/** A proof has one hash for each level of the tree. */
const HASHES_LIMIT = 64

/** An inclusion proof as bundles hold it, or undefined if a field is missing or malformed. */
export function readProof({
  logIndex,
  rootHash,
  treeSize,
  hashes,
  checkpoint,
}: ProofFields): Readonly<Record<string, unknown>> | undefined {
  const index = readCount(logIndex)
  const size = readCount(treeSize)
  const list: readonly unknown[] | undefined = Array.isArray(hashes) ? hashes : undefined
  if (index === undefined || size === undefined || list === undefined || list.length > HASHES_LIMIT)
    return undefined
  if (typeof checkpoint !== 'string' || checkpoint === '') return undefined
  if (![rootHash, ...list].every((hash) => decodeBase64(hash)?.length === 32)) return undefined
  return {
    logIndex: index,
    rootHash,
    treeSize: size,
    hashes: list,
    checkpoint: { envelope: checkpoint },
  }
}

import { ERROR_CODES, type ErrorCode, WasmpackError } from '../errors.ts'
import type { Context } from './verb.ts'

const AT_ONCE = 4

/** From the gravest: what was tampered with before what is not allowed, that before what is merely not there. */
const SEVERITY: readonly ErrorCode[] = [
  'INTERNAL',
  'DIGEST_MISMATCH',
  'ARTIFACT_MALFORMED',
  'MODULE_MALFORMED',
  'SIGNATURE_UNTRUSTED',
  'SIGNATURE_MISSING',
  'CAPABILITY_DENIED',
  'CAPABILITY_MANIFEST_ABSENT',
]

/**
 * Runs a verb for each reference, a few at a time, and reports every result in the order given. One reference fails with
 * its own error; of several, each failure is reported and the gravest decides the exit status.
 */
export async function eachReference(
  texts: readonly string[],
  context: Context,
  work: (text: string) => Promise<{ readonly json: unknown; readonly text: string }>,
): Promise<void> {
  const { reporter, signal } = context
  if (texts.length === 1) {
    const { json, text } = await work(texts[0]!)
    return reporter.result(json, text)
  }
  const outcomes: ({ readonly json: unknown; readonly text: string } | WasmpackError)[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < texts.length && !signal.aborted) {
      const at = next++
      try {
        outcomes[at] = await work(texts[at]!)
      } catch (cause) {
        if (!(cause instanceof WasmpackError)) throw cause
        outcomes[at] = cause
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, texts.length) }, worker))
  signal.throwIfAborted()
  const failed = outcomes.filter((outcome) => outcome instanceof WasmpackError)
  const results = outcomes.map((outcome, at) =>
    outcome instanceof WasmpackError
      ? { reference: texts[at], error: { code: outcome.code, message: outcome.message, hint: outcome.hint } }
      : outcome.json,
  )
  const text = outcomes.flatMap((outcome) => (outcome instanceof WasmpackError ? [] : [outcome.text]))
  if (failed.length === 0) return reporter.result({ results }, text.join('\n'))
  if (reporter.format === 'text') {
    reporter.result(undefined, text.join('\n'))
    outcomes.forEach((outcome, at) => {
      if (outcome instanceof WasmpackError) reporter.warn(`${texts[at]}: ${outcome.message}`)
    })
  }
  const gravest = failed.toSorted((a, b) => rank(a.code) - rank(b.code))[0]!
  throw new WasmpackError(
    gravest.code,
    `${failed.length} of ${texts.length} failed; the gravest: ${gravest.message}`,
    {
      hint: gravest.hint,
      details: { results },
      cause: gravest,
    },
  )
}

const rank = (code: ErrorCode): number => {
  const at = SEVERITY.indexOf(code)
  return at >= 0 ? at : SEVERITY.length + ERROR_CODES[code].exit
}

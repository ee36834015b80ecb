import { ERROR_CODES, type ErrorCode, WasmpackError } from '../../errors.ts'
import { inParallel } from '../../in-parallel.ts'
import type { Transfer } from '../../ui/reporter.ts'
import { redactWords } from '../../redacted.ts'
import type { Context } from './command.ts'

const CONCURRENCY = 4

/** Most severe first: tampering, then denials, then everything else by exit status. */
const SEVERITY: readonly ErrorCode[] = [
  'INTERNAL',
  'DIGEST_MISMATCH',
  'ARTIFACT_MALFORMED',
  'MODULE_MALFORMED',
  'SIGNATURE_UNTRUSTED',
  'SIGNATURE_MISSING',
  'ATTESTATION_UNTRUSTED',
  'ATTESTATION_MISSING',
  'CAPABILITY_DENIED',
  'CAPABILITY_MANIFEST_ABSENT',
]

/** The result of a command for one reference, as JSON and as text. */
export interface ReferenceResult {
  readonly json: unknown
  readonly text: string
}

/**
 * Runs a command for each reference, a few at a time, and reports every result in the order given. One reference fails with
 * its own error; of several, each failure is reported and the most severe decides the exit status.
 */
export async function runForEachReference(
  texts: readonly string[],
  context: Context,
  work: (text: string, context: Context) => Promise<ReferenceResult>,
): Promise<void> {
  const { reporter, signal } = context
  if (texts.length === 1) {
    const { json, text } = await work(texts[0]!, context)
    return reporter.result(json, text)
  }
  // The progress of several transfers at once would overwrite each other.
  const quiet = { ...context, reporter: { ...reporter, transfer: () => NO_TRANSFER } }
  const outcomes = await inParallel(
    texts,
    CONCURRENCY,
    async (text): Promise<ReferenceResult | WasmpackError> => {
      try {
        signal.throwIfAborted()
        return await work(text, quiet)
      } catch (cause) {
        if (!(cause instanceof WasmpackError)) throw cause
        return cause
      }
    },
  )
  // Interrupted references have cleaned up by now.
  signal.throwIfAborted()
  reportOutcomes(texts, outcomes, context)
}

/** Reports what became of several references, each by the name at its place; of failures the most severe decides the exit status. */
export function reportOutcomes(
  texts: readonly string[],
  outcomes: readonly (ReferenceResult | WasmpackError)[],
  { reporter }: Pick<Context, 'reporter'>,
): void {
  const failed = outcomes.filter((outcome) => outcome instanceof WasmpackError)
  const results = outcomes.map((outcome, at) =>
    outcome instanceof WasmpackError
      ? { reference: redactWords(texts[at]!), error: toErrorJson(outcome) }
      : outcome.json,
  )
  const lines = outcomes.flatMap((outcome) => (outcome instanceof WasmpackError ? [] : [outcome.text]))
  if (failed.length === 0) return reporter.result({ results }, lines.join('\n'))
  if (reporter.format === 'text') {
    reporter.result(undefined, lines.join('\n'))
    for (const [at, outcome] of outcomes.entries())
      if (outcome instanceof WasmpackError) {
        const { code, message, hint, stack } = outcome
        reporter.fail({ code, message: `${redactWords(texts[at]!)}: ${message}`, hint, stack })
      }
  }
  const severest = failed.toSorted((one, other) => rankSeverity(one.code) - rankSeverity(other.code))[0]!
  const count = `${failed.length} of ${texts.length} failed`
  if (reporter.format === 'text') throw new WasmpackError(severest.code, count, { cause: severest })
  throw new WasmpackError(severest.code, `${count}; most severe: ${severest.message}`, {
    hint: severest.hint,
    details: { results },
    cause: severest,
  })
}

const NO_TRANSFER: Transfer = { advance: () => undefined, end: () => undefined }

const toErrorJson = ({ code, message, hint, details }: WasmpackError): Record<string, unknown> => ({
  code,
  message,
  hint,
  details,
})

const rankSeverity = (code: ErrorCode): number => {
  const at = SEVERITY.indexOf(code)
  return at >= 0 ? at : SEVERITY.length + ERROR_CODES[code].exit
}

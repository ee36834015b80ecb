import { WasmpackError } from '../../errors.ts'
import { countMore, listFirst } from '../../listing.ts'
import { isRecord } from '../../json.ts'

const SHOWN = 3

/**
 * The error as one line, which Argo CD shows to the author of an application: each artifact that was refused with its code and its
 * first findings.
 */
export function summarizeFailure(error: WasmpackError): WasmpackError {
  const { code, details, message, cause } = error
  const results: readonly unknown[] = Array.isArray(details?.['results']) ? details['results'] : []
  const failed = results.flatMap((result) =>
    isRecord(result) && isRecord(result['error'])
      ? [{ place: String(result['reference']), error: result['error'] }]
      : [],
  )
  const lines = failed.slice(0, SHOWN).map(({ place, error: one }) => {
    const findings = listFindings(one['details'])
    // The code of a single one is that of the run, which is printed anyway.
    const reason =
      failed.length === 1 ? String(one['message']) : `${String(one['message'])} [${String(one['code'])}]`
    return `${place}: ${reason}${findings === '' ? '' : `: ${findings}`}`
  })
  const all = lines.length === 0 ? [message] : [...lines, ...countMore(failed.length - lines.length)]
  return new WasmpackError(code, toOneLine(all.join('; ')), { details, cause })
}

function listFindings(details: unknown): string {
  if (!isRecord(details) || !Array.isArray(details['findings'])) return ''
  const errors = details['findings'].filter((finding) => isRecord(finding) && finding['severity'] === 'error')
  return listFirst(
    errors.map((finding) => String((finding as Record<string, unknown>)['message'])),
    SHOWN,
  )
}

const toOneLine = (text: string): string => text.replace(/\s*\n\s*/g, ' ')

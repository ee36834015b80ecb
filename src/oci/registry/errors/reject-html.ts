import { WasmpackError } from '../../../errors.ts'
import type { HttpResponse } from '../../../http/response.ts'

/**
 * Throws UNAVAILABLE for a web page with status 200, which no registry sends. With 201 and 202 the type is ignored, since some
 * registries send it with an empty body.
 */
export async function rejectHtml(
  response: HttpResponse,
  { registry }: { readonly registry: string },
  what: string,
): Promise<void> {
  if (response.status !== 200 || !/^\s*text\/html\b/i.test(response.header('content-type') ?? '')) return
  await response.discard()
  throw new WasmpackError('UNAVAILABLE', `received a web page instead of ${what}`, {
    hint: `a login page or a captive portal answered instead of ${registry}: check the network`,
    details: { host: registry },
  })
}

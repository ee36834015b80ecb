import { WasmpackError } from '../../../errors.ts'
import type { HttpResponse } from '../../../http/response.ts'

/**
 * Throws UNAVAILABLE for a body with a Content-Encoding, which was not requested. A body of exactly `size` bytes is accepted, since
 * the content itself may be stored with that label.
 */
export async function rejectEncoding(
  response: HttpResponse,
  { registry }: { readonly registry: string },
  { what, size }: { readonly what: string; readonly size?: number },
): Promise<void> {
  const encoding = (response.header('content-encoding') ?? '').trim().toLowerCase()
  if (encoding === '' || encoding === 'identity') return
  if (size !== undefined && response.header('content-length') === String(size)) return
  await response.discard()
  throw new WasmpackError(
    'UNAVAILABLE',
    `registry ${registry} sent ${what} with Content-Encoding ${JSON.stringify(encoding.slice(0, 80))}, which was not requested`,
    {
      hint: 'a proxy may compress responses on the way: disable that for the registry',
      details: { host: registry },
    },
  )
}

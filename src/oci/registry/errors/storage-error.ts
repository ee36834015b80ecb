import { WasmpackError } from '../../../errors.ts'
import { formatAttempts, countAttempts } from '../../../http/attempts.ts'
import { readErrorBody, formatStatus } from '../../../http/error-body.ts'
import type { HttpResponse } from '../../../http/response.ts'

/**
 * The error of a storage server that a registry redirected to. It does not know the registry's accounts, so its status is not about
 * them. Only its error code is shown, since the rest may repeat the signed URL.
 */
export async function toStorageError(
  response: HttpResponse,
  { registry }: { readonly registry: string },
  what: string,
): Promise<WasmpackError> {
  const { host } = new URL(response.url)
  const code = /<Code>(\w{1,64})<\/Code>/.exec((await readErrorBody(response)).text)?.[1]
  const said = code === undefined ? '' : ` (${code})`
  const attempts = countAttempts(response)
  return new WasmpackError(
    'UNAVAILABLE',
    `storage ${host} of registry ${registry} answered ${formatStatus(response.status)}${said} to the ${what}${formatAttempts(attempts)}`,
    {
      hint: 'try again; the URL that the registry gave may have expired, or its storage is unavailable',
      details: {
        host: registry,
        storage: host,
        status: response.status,
        ...(attempts > 1 ? { attempts } : {}),
      },
    },
  )
}

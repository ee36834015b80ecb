import { WasmpackError } from '../../../errors.ts'
import { formatAttempts, countAttempts } from '../../../http/attempts.ts'
import { readErrorBody, formatStatus } from '../../../http/error-body.ts'
import type { HttpResponse } from '../../../http/response.ts'

/**
 * The error of a server that a registry has redirected to: it knows none of the registry's accounts, so nothing that it
 * answers is about ours. Of its words only the code is shown, the rest may repeat the signature that it was given.
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

import { WasmpackError } from '../../errors.ts'
import type { HttpResponse } from '../../http/answer.ts'
import type { RegistryConnection } from './connection.ts'

/** Throws UNAVAILABLE for a web page where JSON was asked for: whoever sent it is no registry, and says nothing of what one holds. */
export async function refusePage(
  response: HttpResponse,
  { registry }: RegistryConnection,
  what: string,
): Promise<void> {
  if (!/^\s*text\/html\b/i.test(response.header('content-type') ?? '')) return
  await response.discard()
  throw new WasmpackError('UNAVAILABLE', `a web page came in place of ${what}`, {
    hint: `a login page or a captive portal answered in place of ${registry}; check the network between here and there`,
    details: { host: registry },
  })
}

import type { Digest } from '../../digest.ts'
import type { Operation } from '../../target.ts'
import type { RegistryConnection, RegistryRequest } from '../connection.ts'

/** Whether the repository has a blob, without a transfer. */
export async function blobExists(
  connection: RegistryConnection,
  digest: Digest,
  { signal, retry }: Operation & Pick<RegistryRequest, 'retry'> = {},
): Promise<boolean> {
  const at = `blobs/${digest}`
  let response = await connection.request({ method: 'HEAD', at, action: 'pull', retry, signal })
  if (response.status === 405 || response.status === 501)
    response = await connection.request({ method: 'GET', at, action: 'pull', retry, signal })
  if (response.status === 200 || response.status === 404) {
    await response.discard()
    return response.status === 200
  }
  throw await connection.toError(response, { what: `look-up of blob ${digest} in ${connection.name}` })
}

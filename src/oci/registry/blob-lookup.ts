import type { Digest } from '../digest.ts'
import type { Operation } from '../target.ts'
import type { RegistryConnection } from './connection.ts'

/** Whether the repository has a blob, without a transfer. */
export async function blobExists(
  connection: RegistryConnection,
  digest: Digest,
  { signal }: Operation = {},
): Promise<boolean> {
  const at = `blobs/${digest}`
  let response = await connection.request({ method: 'HEAD', at, access: 'pull', signal })
  if (response.status === 405 || response.status === 501)
    response = await connection.request({ method: 'GET', at, access: 'pull', signal })
  if (response.status === 200 || response.status === 404) {
    await response.discard()
    return response.status === 200
  }
  throw await connection.failure(response, { what: `look-up of blob ${digest} in ${connection.name}` })
}

import { WasmpackError } from '../../errors.ts'
import { type Operation, undefinedIfNotFound } from '../target.ts'
import { UploadSession, openSession } from './blobs/upload-session.ts'
import type { RegistryConnection } from './connection.ts'
import { resolveManifest } from './manifests/manifests.ts'

/**
 * Whether a write of a tag was refused because the tag exists: zot refuses to move tags to accounts that may create and not update,
 * in the words for any missing right.
 */
export async function keepsTag(
  connection: RegistryConnection,
  { code, details }: WasmpackError,
  tag: string,
  operation: Operation = {},
): Promise<boolean> {
  if (code !== 'UNAUTHENTICATED' || details?.['status'] !== 403) return false
  const held = await undefinedIfNotFound(resolveManifest(connection, tag, operation)).catch(() => undefined)
  return held !== undefined && (await mayWrite(connection, operation))
}

async function mayWrite(connection: RegistryConnection, { signal }: Operation): Promise<boolean> {
  if (connection.hasWritten) return true
  const attempts = connection.startAttempts(signal)
  const session = await openSession(connection, 'a blob', { attempts, signal }).catch(() => undefined)
  if (session instanceof UploadSession) await session.cancel()
  return session !== undefined
}

export const nameKeptTag = (cause: WasmpackError, tag: string): WasmpackError =>
  new WasmpackError(
    'REGISTRY_REFUSED',
    `the registry keeps the tag ${tag}: the account may create tags and not change them; ${cause.message}`,
    {
      hint: 'choose a new tag, or ask the administrator of the registry for the permission to update',
      details: cause.details,
      cause,
    },
  )

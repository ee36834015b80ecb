import type { Command } from 'commander'

import { type OpenSource, createSourceOpener } from '../../delivery/open/open-source.ts'
import type { Context } from '../cli/command.ts'
import { createPathParser } from './path.ts'
import { readAccess, readCredential, type TransportFlags } from './transport.ts'

export interface CacheFlags extends TransportFlags {
  readonly cache?: string
}

export const addCacheOption = (command: Command): Command =>
  command.option('--cache <dir>', 'cache manifests and blobs in this directory', createPathParser('--cache'))

/** Opens references for reading, with the credential and the cache of the flags. */
export async function readSourceOpener(flags: CacheFlags, context: Context): Promise<OpenSource> {
  const { cache } = flags
  const credential = await readCredential(flags, context)
  const access = { ...(await readAccess(flags, context)), credential }
  const { debug } = access
  const warn = (message: string): void => context.reporter.warn(message)
  return createSourceOpener(access, cache === undefined ? undefined : { directory: cache, warn, debug })
}

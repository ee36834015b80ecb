import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { parseTrustedRoot, type TrustedRoot } from '../../src/signing/identity/trusted-root.ts'

export interface RootOptions {
  readonly staging?: boolean
  readonly 'trusted-root'?: string
}

/** The trusted root of a file, or one of the captures, that of the public instance or its staging: the suite runs without a network. */
export async function readRoot(
  { staging, 'trusted-root': given }: RootOptions,
  captures: string,
): Promise<TrustedRoot> {
  const file = given ?? join(captures, staging ? 'staging.root' : 'public.root')
  return parseTrustedRoot(await readFile(file), file)
}

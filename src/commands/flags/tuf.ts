import type { Command } from 'commander'

import type { TufMirror } from '../../delivery/open/open-tuf-repository.ts'
import { WasmpackError } from '../../errors.ts'
import type { TufRepository } from '../../signing/tuf/tuf-repository.ts'
import type { Context } from '../cli/command.ts'
import { createPathParser } from './path.ts'
import { createServiceUrlParser } from './service-url.ts'
import { readAccess, type TransportFlags } from './transport.ts'

export interface TufFlags extends TransportFlags {
  readonly tufMirror?: string
  readonly tufRoot?: string
}

export const addTufOptions = (command: Command): Command =>
  command
    .option(
      '--tuf-mirror <url>',
      "TUF repository with the trusted root and the signing config; the public Sigstore's by default",
      createServiceUrlParser('--tuf-mirror'),
    )
    .option(
      '--tuf-root <file>',
      'root.json of the TUF repository, of any version, to trust it by',
      createPathParser('--tuf-root'),
    )

/** Reads the files of one TUF repository. */
export interface TufReader {
  /** For people. */
  readonly name: string
  read(file: string): Promise<Uint8Array>
}

/** Reads files of the TUF repository of the flags, or of the public Sigstore's. Throws USAGE for one flag without the other. */
export function createTufReader(flags: TufFlags, context: Context): TufReader {
  const mirror = chooseMirror(flags)
  let opened: Promise<TufRepository> | undefined
  return {
    name: mirror === undefined ? 'public Sigstore' : mirror.url,
    async read(file) {
      opened ??= openRepository(mirror, flags, context)
      return (await opened).readFile(file)
    },
  }
}

function chooseMirror({ tufMirror: url, tufRoot: rootFile }: TufFlags): TufMirror | undefined {
  if (url !== undefined && rootFile !== undefined) return { url, rootFile }
  if (url === undefined && rootFile === undefined) return undefined
  const [given, lacking] =
    url === undefined ? ['--tuf-root', '--tuf-mirror URL'] : ['--tuf-mirror', '--tuf-root FILE']
  throw new WasmpackError('USAGE', `${given} requires ${lacking}`, {
    hint: 'for example --tuf-mirror https://tuf.example.com --tuf-root root.json',
  })
}

async function openRepository(
  mirror: TufMirror | undefined,
  flags: TufFlags,
  context: Context,
): Promise<TufRepository> {
  const [{ openTufRepository }, { openTransport }] = await Promise.all([
    import('../../delivery/open/open-tuf-repository.ts'),
    import('../../delivery/open/open-registry.ts'),
  ])
  const access = await readAccess(flags, context)
  const warn = (message: string): void => context.reporter.warn(message)
  return openTufRepository(mirror, { transport: openTransport(access), warn, signal: access.signal })
}

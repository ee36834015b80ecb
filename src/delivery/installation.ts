import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { ASSETS } from './assets.ts'

/** How this wasmpack came to this machine, and where its pages are. */
export interface Installation {
  readonly kind: 'npm' | 'checkout' | 'directory'
  readonly directory: string
  /** The directory of docs/; undefined if it was not installed. */
  readonly documentation: string | undefined
}

/** Looks beside the bundle, without a process: deterministic, and quick enough for `--help`. */
export function findInstallation(): Installation {
  const directory = dirname(fileURLToPath(ASSETS))
  const documentation = join(directory, 'docs')
  return {
    kind: findKind(directory),
    directory,
    documentation: existsSync(join(documentation, 'cli.md')) ? documentation : undefined,
  }
}

function findKind(directory: string): Installation['kind'] {
  if (basename(dirname(directory)) === 'node_modules') return 'npm'
  return existsSync(join(directory, 'src/cli.ts')) ? 'checkout' : 'directory'
}

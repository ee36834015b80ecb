import { existsSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

import { HOME, isStandalone } from './assets.ts'

/** How this wasmpack came to this machine, and where its pages are. */
export interface Installation {
  readonly kind: 'executable' | 'npm' | 'checkout' | 'directory'
  readonly directory: string
  /** The directory of docs/; undefined if it was not installed. */
  readonly documentation: string | undefined
}

/** Where docs/ is from the directory of the executable: in an unpacked release, and in /usr or a prefix of Homebrew. */
const PAGES = ['docs', '../share/doc/wasmpack/docs']

/** Looks beside the bundle, without a process: deterministic, and quick enough for `--help`. */
export function findInstallation(): Installation {
  const directory = resolve(HOME)
  return {
    kind: isStandalone ? 'executable' : findKind(directory),
    directory,
    documentation: PAGES.map((path) => join(directory, path)).find((path) =>
      existsSync(join(path, 'cli.md')),
    ),
  }
}

function findKind(directory: string): Installation['kind'] {
  if (basename(dirname(directory)) === 'node_modules') return 'npm'
  return existsSync(join(directory, 'src/cli.ts')) ? 'checkout' : 'directory'
}

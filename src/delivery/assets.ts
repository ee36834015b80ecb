import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { getAsset, isSea } from 'node:sea'
import { fileURLToPath } from 'node:url'

/** Whether this is the standalone executable, which has the bundle and `assets/` inside. */
export const isStandalone: boolean = isSea()

/** The directory of the executable, or of the package: this file is as deep as the bundle's chunks, so one path serves both. */
export const HOME: string = isStandalone
  ? dirname(process.execPath)
  : fileURLToPath(new URL('../../', import.meta.url))

/** Reads a file of `assets/` by its path in there. */
export const readAsset = async (path: string): Promise<Uint8Array> =>
  isStandalone ? new Uint8Array(getAsset(`assets/${path}`)) : await readFile(join(HOME, 'assets', path))

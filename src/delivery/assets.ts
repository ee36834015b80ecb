import { readFile } from 'node:fs/promises'
import { getAsset, isSea } from 'node:sea'

/** This file is as deep as the bundle's chunks, so one path serves both. */
const DIRECTORY = new URL('../../assets/', import.meta.url)

/** Reads a file of `assets/` by its path in there: on the disk, or inside the standalone executable. */
export const readAsset = async (path: string): Promise<Uint8Array> =>
  isSea() ? new Uint8Array(getAsset(`assets/${path}`)) : await readFile(new URL(path, DIRECTORY))

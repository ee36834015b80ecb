import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

import { fetchNode } from '../fetch-node.ts'
import { findOwnPlatform, type Platform } from '../platforms.ts'
import { runProgram } from '../run-program.ts'
import { compileCode } from './compile-code.ts'
import { readExecutable } from './read-executable.ts'

/** Files of `assets/` that no run reads. */
const UNREAD = /README\.md$|LICENSE$|\.wit$/

/**
 * Writes the standalone executable of a platform: Node with the bundle of `dist/` and the files of `assets/`. Compiled code goes
 * only into that of our own platform: the V8 of another one cannot run here.
 */
export async function buildExecutable(platform: Platform, output: string): Promise<void> {
  const own = findOwnPlatform()
  const work = await mkdtemp(join(tmpdir(), 'wasmpack-executable-'))
  try {
    await writeAssets(work)
    const node = await fetchNode(own)
    if (platform === own) await compileCode(node, work)
    const files = (await listFiles(work)).sort()
    const config = join(work, 'config.json')
    await writeFile(
      config,
      JSON.stringify({
        // Its path is written into the executable.
        main: 'scripts/release/executable/main.cjs',
        executable: await fetchNode(platform),
        output: resolve(output),
        disableExperimentalSEAWarning: true,
        assets: Object.fromEntries(files.map((file) => [file, join(work, file)])),
      }),
    )
    await runProgram(node, ['--build-sea', config])
    await requireAssets(output, platform, work, files)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** Throws unless the executable is one for the platform, with every asset inside. */
async function requireAssets(
  path: string,
  { name }: Platform,
  directory: string,
  files: readonly string[],
): Promise<void> {
  const { format, machine, blob } = readExecutable(await readFile(path))
  if (
    `${format}-${machine}` !== name.replace('linux', 'ELF').replace('darwin', 'Mach-O').replace('win', 'PE')
  )
    throw new Error(`the executable for ${name} is ${format} for ${machine}`)
  for (const file of files)
    if (!blob.includes(await readFile(join(directory, file)))) throw new Error(`${path} lacks ${file}`)
}

/** Writes the assets of an executable: the chunks, each as a function, and what wasmpack reads at run time. */
async function writeAssets(directory: string): Promise<void> {
  for (const file of await listFiles('dist')) {
    if (!file.endsWith('.cjs')) continue
    const chunk = await readFile(join('dist', file), 'latin1')
    await write(
      join(directory, 'dist', file),
      `(function (exports, require, module, __filename) {${chunk}\n})`,
    )
  }
  for (const file of await listFiles('assets'))
    if (!UNREAD.test(file)) await write(join(directory, 'assets', file), await readFile(join('assets', file)))
}

async function write(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, content, 'latin1')
}

/** The files in a directory, by their paths in there. */
async function listFiles(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
}

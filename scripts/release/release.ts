import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'

import { packDirectory } from './archive.ts'
import { PLATFORMS } from './platforms.ts'
import { stage } from './stage.ts'

/** Builds the release files of the named platforms, or of all, into `release/`. */
export async function release(names: readonly string[]): Promise<void> {
  const unknown = names.filter((name) => !PLATFORMS.some((platform) => platform.name === name))
  if (unknown.length > 0)
    throw new Error(
      `no platform ${unknown.join(', ')}; there are ${PLATFORMS.map(({ name }) => name).join(', ')}`,
    )
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { readonly version: string }
  await rm('release', { recursive: true, force: true })
  await mkdir('release')
  const files: string[] = []
  for (const platform of PLATFORMS) {
    if (names.length > 0 && !names.includes(platform.name)) continue
    const directory = join('release', `wasmpack-${version}-${platform.name}`)
    await stage(platform, directory, version)
    files.push(await packDirectory(directory))
  }
  const sums = await Promise.all(files.map(async (file) => `${await hash(file)}  ${basename(file)}\n`))
  await writeFile('release/SHA256SUMS', sums.join(''))
  for (const line of sums) process.stdout.write(line)
}

async function hash(file: string): Promise<string> {
  const digester = createHash('sha256')
  for await (const chunk of createReadStream(file)) digester.update(chunk as Uint8Array)
  return digester.digest('hex')
}

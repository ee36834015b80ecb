import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'

import { packDirectory } from './archive.ts'
import { buildImage } from './image/build-image.ts'
import { buildDeb } from './packages/build-deb.ts'
import { writeFormula } from './packages/write-formula.ts'
import { PLATFORMS, type Staged } from './platforms.ts'
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
  const staged: Staged[] = []
  for (const platform of PLATFORMS) {
    if (names.length > 0 && !names.includes(platform.name)) continue
    const directory = join('release', `wasmpack-${version}-${platform.name}`)
    await stage(platform, directory, version)
    staged.push({ platform, directory })
  }
  const linux = staged.filter(({ platform }) => platform.architecture !== undefined)
  const sums = new Map<string, string>()
  for (const { directory } of staged) await addSum(sums, await packDirectory(directory))
  for (const each of linux) await addSum(sums, await buildDeb(each, version))
  await writeFormula(sums, version)
  const image = `release/wasmpack-${version}-image`
  if (linux.length > 0)
    process.stdout.write(`oci-layout:${image}:${version}@${await buildImage(linux, image, version)}\n`)
  const lines = [...sums].map(([file, sum]) => `${sum}  ${basename(file)}\n`).join('')
  await writeFile('release/SHA256SUMS', lines)
  process.stdout.write(lines)
}

async function addSum(sums: Map<string, string>, file: string): Promise<void> {
  sums.set(file, await hash(file))
}

async function hash(file: string): Promise<string> {
  const digester = createHash('sha256')
  for await (const chunk of createReadStream(file)) digester.update(chunk as Uint8Array)
  return digester.digest('hex')
}

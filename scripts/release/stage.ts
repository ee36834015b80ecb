import { chmod, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { buildExecutable } from './executable/build-executable.ts'
import { signDarwin } from './executable/sign-darwin.ts'
import { readNodeLicence } from './fetch-node.ts'
import { findOwnPlatform, type Platform } from './platforms.ts'
import { describeContents } from './sbom.ts'

/** What stands beside the executable, as in the checkout. `man` is there once its pages are. */
const BESIDE = ['README.md', 'CHANGELOG.md', 'LICENSE', 'docs', 'schemas', 'man']

/** Writes the directory of a platform's release: the executable, documentation, schemas, licences and bill of materials. */
export async function stage(platform: Platform, directory: string, version: string): Promise<void> {
  await rm(directory, { recursive: true, force: true })
  await mkdir(directory, { recursive: true })
  const executable = join(directory, platform.executable)
  await buildExecutable(platform, executable)
  if (platform.name.startsWith('darwin') && !(await signDarwin(executable)))
    process.stderr.write(`${executable} is not signed: rcodesign is missing (cargo install apple-codesign)\n`)
  await chmod(executable, 0o755)
  for (const name of BESIDE) if (existsSync(name)) await cp(name, join(directory, name), { recursive: true })
  await writeFile(join(directory, 'THIRD-PARTY-LICENSES.txt'), await joinLicences())
  await writeFile(join(directory, 'sbom.cdx.json'), await describeContents(platform, version))
}

/** The licences of the bundled packages, of the assets, and of Node with all that it contains. */
async function joinLicences(): Promise<string> {
  const rule = `\n${'-'.repeat(80)}\n\n`
  const texts = [
    await readFile('dist/THIRD-PARTY-LICENSES.txt', 'utf8'),
    `wasm-tools, jco and the WASI interfaces\n\n${await readFile('assets/wasm-tools/LICENSE', 'utf8')}`,
    `Node.js\n\n${await readNodeLicence(findOwnPlatform())}`,
  ]
  return texts.join(rule)
}

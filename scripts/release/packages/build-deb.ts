import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

import type { Staged } from '../platforms.ts'
import { runProgram } from '../run-program.ts'

/** What Node's binary is linked against, in the oldest versions that have its symbols. */
const DEPENDS = 'libc6 (>= 2.28), libstdc++6 (>= 7), libgcc-s1 | libgcc1, libatomic1'

/** Builds the .deb of a staged platform and returns its path. The same content gives the same bytes. */
export async function buildDeb({ platform, directory }: Staged, version: string): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'wasmpack-deb-'))
  try {
    await chmod(root, 0o755)
    await layOut(directory, root)
    const control = {
      Package: 'wasmpack',
      Version: version,
      Architecture: platform.architecture!,
      // Whoever publishes the package adds an address.
      Maintainer: 'wasmpack',
      'Installed-Size': await countKibibytes(root),
      Depends: DEPENDS,
      Section: 'devel',
      Priority: 'optional',
      Description:
        'publishes WebAssembly modules as signed OCI artifacts\n Checks what a module imports before it is pushed and before it runs.',
    }
    await mkdir(join(root, 'DEBIAN'))
    await writeFile(
      join(root, 'DEBIAN/control'),
      Object.entries(control)
        .map(([name, value]) => `${name}: ${value}\n`)
        .join(''),
    )
    const file = `release/wasmpack_${version}_${platform.architecture!}.deb`
    const options = ['--root-owner-group', '--threads-max=2', '-Zxz', '-z2']
    await runProgram('dpkg-deb', [...options, '--build', root, file], { env: { SOURCE_DATE_EPOCH: '0' } })
    return file
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

/** Copies the files of a release to where Debian has them. */
async function layOut(directory: string, root: string): Promise<void> {
  const [bin, pages, manuals] = ['usr/bin', 'usr/share/doc/wasmpack', 'usr/share/man/man1'].map((path) =>
    join(root, path),
  ) as [string, string, string]
  for (const path of [bin, pages, manuals]) await mkdir(path, { recursive: true })
  for (const name of await readdir(directory)) {
    if (name === 'man')
      for (const page of await readdir(join(directory, name)))
        await writeFile(join(manuals, `${page}.gz`), gzipSync(await readFile(join(directory, name, page))))
    else if (name === 'LICENSE') await cp(join(directory, name), join(pages, 'copyright'))
    else if (name === 'wasmpack') await cp(join(directory, name), join(bin, name))
    else await cp(join(directory, name), join(pages, name), { recursive: true })
  }
}

async function countKibibytes(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const sizes = await Promise.all(
    files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size),
  )
  return Math.ceil(sizes.reduce((sum, size) => sum + size, 0) / 1024)
}

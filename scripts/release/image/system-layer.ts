import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { type Entry, readEntries } from '../archive.ts'
import { runProgram } from '../run-program.ts'

/** The user that the image runs as: as that of other images without a shell. */
export const USER = 65532

/** What of a Debian package the image leaves out: everything but libraries, certificates and licences. */
const LEFT_OUT =
  /^usr\/(?:bin|sbin|share\/(?:man|lintian|locale|doc\/.*(?:changelog|NEWS|README|examples).*))(?:\/|$)|\/gconv(?:\/|$)|^etc\/ca-certificates/

/** The entries of what stands below wasmpack in the image. */
export async function buildSystemLayer(packages: readonly string[]): Promise<readonly Entry[]> {
  const work = await mkdtemp(join(tmpdir(), 'wasmpack-image-'))
  try {
    for (const path of packages) await runProgram('dpkg-deb', ['--extract', path, work])
    const entries = (await readEntries(work, '')).filter(({ name }) => !LEFT_OUT.test(name))
    return [...entries, ...ACCOUNT, joinCertificates(entries), ...(await describePackages(packages))]
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

const file = (name: string, text: string): Entry => ({ name, content: Buffer.from(text), executable: false })

const ACCOUNT: readonly Entry[] = [
  file(
    'etc/passwd',
    `root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:${USER}:${USER}:nonroot:/home/nonroot:/sbin/nologin\n`,
  ),
  file('etc/group', `root:x:0:\nnonroot:x:${USER}:\n`),
  // Without it glibc asks the DNS for names of /etc/hosts.
  file('etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n'),
  { name: 'home/', directory: true },
  { name: 'home/nonroot/', directory: true, owner: USER },
  { name: 'tmp/', directory: true, mode: 0o1777 },
  // Where runtimes mount: they cannot make a directory on a read-only root.
  ...['dev/', 'proc/', 'sys/'].map((name): Entry => ({ name, directory: true })),
]

/** The file that update-ca-certificates would make. */
function joinCertificates(entries: readonly Entry[]): Entry {
  const texts = entries
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap((entry) =>
      'content' in entry && entry.name.endsWith('.crt') ? [Buffer.from(entry.content).toString()] : [],
    )
  return file('etc/ssl/certs/ca-certificates.crt', texts.join(''))
}

/** The control files, where scanners look for the packages of an image without dpkg. */
const describePackages = async (packages: readonly string[]): Promise<readonly Entry[]> =>
  await Promise.all(
    packages.map(async (path) => {
      const control = await runProgram('dpkg-deb', ['--field', path])
      return file(`var/lib/dpkg/status.d/${/^Package: (.*)$/m.exec(control)![1]!}`, control)
    }),
  )

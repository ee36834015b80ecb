import { writeFile } from 'node:fs/promises'
import { basename } from 'node:path'

/** Stands for the address of the release files: nothing is published yet. Whoever publishes them replaces it. */
const RELEASE_URL = 'RELEASE_URL'

const SYSTEMS = [
  ['darwin-arm64', 'on_macos', 'on_arm'],
  ['darwin-x64', 'on_macos', 'on_intel'],
  ['linux-arm64', 'on_linux', 'on_arm'],
  ['linux-x64', 'on_linux', 'on_intel'],
] as const

/** Writes a Homebrew formula that installs the archives with the given digests, by file name. Returns its path. */
export async function writeFormula(sums: ReadonlyMap<string, string>, version: string): Promise<string> {
  const sources = SYSTEMS.flatMap(([platform, system, processor]) => {
    const name = `wasmpack-${version}-${platform}.tar.xz`
    const sum = [...sums].find(([file]) => basename(file) === name)?.[1]
    if (sum === undefined) return []
    return `  ${system} do
    ${processor} do
      url "${RELEASE_URL}/${name}"
      sha256 "${sum}"
    end
  end
`
  })
  const file = 'release/wasmpack.rb'
  await writeFile(
    file,
    `class Wasmpack < Formula
  desc "Publishes WebAssembly modules as signed OCI artifacts and checks what they import"
  version "${version}"
  license "Apache-2.0"

${sources.join('\n')}
  def install
    bin.install "wasmpack"
    man1.install Dir["man/*.1"]
    doc.install "docs", "schemas", "README.md", "CHANGELOG.md", "THIRD-PARTY-LICENSES.txt", "sbom.cdx.json"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/wasmpack --version")
  end
end
`,
  )
  return file
}

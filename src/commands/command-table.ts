import type { CommandEntry } from './cli/command.ts'

/** Every command, in the order that help shows them. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'init',
    summary: 'write a least-privilege capability manifest for a module',
    load: async () => (await import('./init.ts')).initCommand,
  },
  {
    name: 'validate',
    summary: "check a module's imports against its capability manifest",
    load: async () => (await import('./validate.ts')).validateCommand,
  },
  {
    name: 'explain',
    summary: 'explain an import, an interface or a capability class',
    load: async () => (await import('./explain.ts')).explainCommand,
  },
  {
    name: 'inspect',
    summary: 'show the imports, exports and capabilities of a module or an artifact',
    load: async () => (await import('./inspect.ts')).inspectCommand,
  },
  {
    name: 'sbom',
    summary: 'print the bill of materials that a module carries, as CycloneDX or SPDX',
    load: async () => (await import('./sbom.ts')).sbomCommand,
  },
  {
    name: 'diff',
    summary: 'compare the capabilities of two versions of a module',
    load: async () => (await import('./diff.ts')).diffCommand,
  },
  {
    name: 'push',
    summary: 'validate, package, sign and push a module',
    load: async () => (await import('./push.ts')).pushCommand,
  },
  {
    name: 'pull',
    summary: 'pull a module after verifying its signature, digests and imports',
    load: async () => (await import('./pull.ts')).pullCommand,
  },
  {
    name: 'render',
    summary: 'print what a runtime or a cluster needs to run a module, and who keeps its grants',
    load: async () => (await import('./render.ts')).renderCommand,
  },
  {
    name: 'gitops',
    summary: 'pin the Wasm references of Kubernetes objects to what was admitted',
    load: async () => (await import('./gitops.ts')).gitopsCommand,
  },
  {
    name: 'copy',
    summary: 'copy artifacts with their signatures and attestations to another repository',
    load: async () => (await import('./copy.ts')).copyCommand,
  },
  {
    name: 'sign',
    summary: 'sign an artifact by its digest',
    load: async () => (await import('./sign.ts')).signCommand,
  },
  {
    name: 'attest',
    summary: 'sign an attestation of an artifact, such as a bill of materials',
    load: async () => (await import('./attest.ts')).attestCommand,
  },
  {
    name: 'approve',
    summary: 'approve what a module asks for, for its repository',
    load: async () => (await import('./approve.ts')).approveCommand,
  },
  {
    name: 'verify',
    summary: 'verify the signatures or attestations of an artifact',
    load: async () => (await import('./verify.ts')).verifyCommand,
  },
  {
    name: 'discover',
    summary: 'list the signatures, attestations and other referrers of an artifact',
    load: async () => (await import('./discover.ts')).discoverCommand,
  },
  {
    name: 'resolve',
    summary: 'print the digest of a tag',
    load: async () => (await import('./resolve.ts')).resolveCommand,
  },
  {
    name: 'tag',
    summary: 'add tags to an artifact',
    load: async () => (await import('./tag.ts')).tagCommand,
  },
  {
    name: 'ls',
    summary: 'list the tags of a repository',
    load: async () => (await import('./ls.ts')).lsCommand,
  },
  {
    name: 'delete',
    summary: 'delete a tag or an artifact',
    load: async () => (await import('./delete.ts')).deleteCommand,
  },
  {
    name: 'policy',
    summary: 'test modules and artifacts against policies',
    load: async () => (await import('./policy.ts')).policyCommand,
  },
  {
    name: 'login',
    summary: 'log in to a registry',
    load: async () => (await import('./login.ts')).loginCommand,
  },
  {
    name: 'logout',
    summary: 'log out of a registry',
    load: async () => (await import('./logout.ts')).logoutCommand,
  },
  {
    name: 'generate-key-pair',
    summary: "generate a signing key pair in cosign's format",
    load: async () => (await import('./generate-key-pair.ts')).generateKeyPairCommand,
  },
  {
    name: 'completion',
    summary: 'print a shell completion script for bash, zsh or fish',
    load: async () => (await import('./completion.ts')).completionCommand,
  },
  {
    name: 'version',
    summary: 'print the version, and how wasmpack was installed',
    load: async () => (await import('./version.ts')).versionCommand,
  },
]

import type { CommandEntry } from './cli/command.ts'

/** Every command, in the order that help shows them. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'init',
    summary: "write the least-privilege capability manifest from a module's imports",
    load: async () => (await import('./init.ts')).initCommand,
  },
  {
    name: 'validate',
    summary: "check a module's imports against its capability manifest",
    load: async () => (await import('./validate.ts')).validateCommand,
  },
  {
    name: 'inspect',
    summary: 'show what a module or an artifact is and what it asks for',
    load: async () => (await import('./inspect.ts')).inspectCommand,
  },
  {
    name: 'diff',
    summary: 'show what a new version of a module wants that the old one did not',
    load: async () => (await import('./diff.ts')).diffCommand,
  },
  {
    name: 'push',
    summary: 'validate a module, wrap it in an OCI artifact, sign and publish it',
    load: async () => (await import('./push.ts')).pushCommand,
  },
  {
    name: 'pull',
    summary: 'fetch a module after its signature, digest and imports were checked',
    load: async () => (await import('./pull.ts')).pullCommand,
  },
  {
    name: 'copy',
    summary: 'promote artifacts to another repository, with their signatures and attestations',
    load: async () => (await import('./copy.ts')).copyCommand,
  },
  {
    name: 'sign',
    summary: 'sign an artifact that is already published',
    load: async () => (await import('./sign.ts')).signCommand,
  },
  {
    name: 'verify',
    summary: "check an artifact's signatures",
    load: async () => (await import('./verify.ts')).verifyCommand,
  },
  {
    name: 'discover',
    summary: 'list signatures, attestations and other referrers of an artifact',
    load: async () => (await import('./discover.ts')).discoverCommand,
  },
  {
    name: 'resolve',
    summary: 'print the digest that a tag names',
    load: async () => (await import('./resolve.ts')).resolveCommand,
  },
  {
    name: 'tag',
    summary: 'give an artifact further tags',
    load: async () => (await import('./tag.ts')).tagCommand,
  },
  {
    name: 'ls',
    summary: 'list the tags of a repository, what they name and whether it is signed',
    load: async () => (await import('./ls.ts')).lsCommand,
  },
  {
    name: 'delete',
    summary: 'delete a tag, or an artifact by its digest',
    load: async () => (await import('./delete.ts')).deleteCommand,
  },
  {
    name: 'policy',
    summary: 'show which policies are in force and what each says to a module or an artifact',
    load: async () => (await import('./policy.ts')).policyCommand,
  },
  {
    name: 'login',
    summary: "check and keep a registry's credentials",
    load: async () => (await import('./login.ts')).loginCommand,
  },
  {
    name: 'logout',
    summary: "forget a registry's credentials",
    load: async () => (await import('./logout.ts')).logoutCommand,
  },
  {
    name: 'generate-key-pair',
    summary: 'make a key pair to sign and verify with, as cosign does',
    load: async () => (await import('./generate-key-pair.ts')).generateKeyPairCommand,
  },
  {
    name: 'completion',
    summary: 'print a completion script for bash, zsh or fish',
    load: async () => (await import('./completion.ts')).completionCommand,
  },
]

/** A source of registry credentials, with its content. */
export interface CredentialFile {
  /** A path, or an environment variable; for messages. */
  readonly name: string
  readonly text: string
  /** Whether its keys may name a part of a registry, as in podman's files. */
  readonly namespaces: boolean
}

/** How a file of credentials is read: of 1 MiB at most. */
export const CREDENTIAL_FILE = {
  what: 'credential file',
  refusal: 'CREDENTIALS_INVALID',
  hint: 'fix or delete it, or pass another file with --registry-config',
} as const

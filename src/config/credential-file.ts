/** A source of registry credentials. */
export interface CredentialFile {
  /** A path, or an environment variable; for messages. */
  readonly name: string
  /** Its content; undefined if there is none. Throws FILE_NOT_FOUND, FILE_UNREADABLE and CREDENTIALS_INVALID. */
  readonly read: () => Promise<string | undefined>
  /** Whether its keys may name a part of a registry, as in podman's files. */
  readonly namespaces: boolean
}

/** How a file of credentials is read: of 1 MiB at most. */
export const CREDENTIAL_FILE = {
  what: 'credential file',
  refusal: 'CREDENTIALS_INVALID',
  hint: 'fix or delete it, or pass another file with --registry-config',
} as const

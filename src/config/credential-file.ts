/** A place where registry credentials are kept, with its content. */
export interface CredentialFile {
  /** A path, or the name of an environment variable: for messages. */
  readonly name: string
  readonly text: string
  /** Whether its keys may name a part of a registry, as podman's may. */
  readonly namespaces: boolean
}

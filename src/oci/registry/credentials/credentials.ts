import type { CredentialFile } from '../../../config/credential-file.ts'
import type { Credential } from './credential.ts'
import { getFromHelper } from './credential-program.ts'
import {
  chooseHelper,
  type DockerConfig,
  parseCredential,
  listKeys,
  parseDockerConfig,
  getServerKey,
} from './docker-config.ts'

export interface CredentialLookup {
  readonly credential?: Credential
  /** Its source, for messages. */
  readonly from?: string
  /** Why a credential helper failed. */
  readonly problem?: string
}

/** Looks up credentials for registries. */
export interface Credentials {
  /** `repository` matters because podman's files may hold credentials for a part of a registry. */
  find(registry: string, repository: string, signal?: AbortSignal): Promise<CredentialLookup>
  /** Drops the cached results of credential helpers for a registry, which may have expired. */
  forget(registry: string): void
}

export interface CredentialSources {
  /** From the command line, for one registry; it overrides all files. */
  readonly explicit?: { readonly registry: string; readonly credential: Credential } | undefined
  /** The files, in order of precedence; listed and read when first needed. */
  readonly files: () => readonly CredentialFile[]
}

/**
 * Searches the command line, then the files; in each: the registry's helper, the store, the entry. A file is not read if an earlier
 * place has the credential, so a damaged one is no error then.
 */
export function openCredentials({ explicit, files }: CredentialSources): Credentials {
  let listed: readonly CredentialFile[] | undefined
  const configs = new Map<CredentialFile, Promise<DockerConfig | undefined>>()
  const readConfig = (file: CredentialFile): Promise<DockerConfig | undefined> => {
    const config =
      configs.get(file) ??
      file.read().then((text) => (text === undefined ? undefined : parseDockerConfig(text, file.name)))
    configs.set(file, config)
    return config
  }
  const programs = new Map<string, Promise<HelperAnswer>>()
  const ask: AskProgram = async (name, server, signal) => {
    const key = `${server} ${name}`
    const answer = programs.get(key) ?? getFromHelper(name, server, signal)
    programs.set(key, answer)
    try {
      return await answer
    } catch (error) {
      programs.delete(key)
      throw error
    }
  }
  return {
    async find(registry, repository, signal) {
      if (explicit?.registry === registry)
        return { credential: explicit.credential, from: 'the command line' }
      let problem: string | undefined
      for (const file of (listed ??= files())) {
        const config = await readConfig(file)
        if (config === undefined) continue
        const found = await findIn(file, config, registry, repository, (name, server) =>
          ask(name, server, signal),
        )
        if (found.credential !== undefined) return { ...found, from: file.name }
        problem ??= found.problem
      }
      return problem === undefined ? {} : { problem }
    },
    forget(registry) {
      const server = getServerKey(registry)
      for (const key of programs.keys()) if (key.startsWith(`${server} `)) programs.delete(key)
    },
  }
}

type HelperAnswer = Awaited<ReturnType<typeof getFromHelper>>
type AskProgram = typeof getFromHelper

async function findIn(
  file: CredentialFile,
  config: DockerConfig,
  registry: string,
  repository: string,
  ask: AskProgram,
): Promise<CredentialLookup> {
  const keys = listKeys(registry)
  const helper = chooseHelper(config, registry)
  const kept = helper === undefined ? {} : await ask(helper, getServerKey(registry))
  if (kept.credential !== undefined) return kept
  for (const key of [...(file.namespaces ? listNamespaces(registry, repository) : []), ...keys]) {
    const entry = config.auths.get(key)
    const credential = entry && parseCredential(entry, `${file.name}: auths[${JSON.stringify(key)}]`)
    if (credential !== undefined) return { credential }
  }
  return kept
}

/** `host/a/b`, `host/a`: the longest match wins. */
function listNamespaces(registry: string, repository: string): readonly string[] {
  const parts = repository.split('/')
  return parts.map((_, at) => `${registry}/${parts.slice(0, parts.length - at).join('/')}`)
}

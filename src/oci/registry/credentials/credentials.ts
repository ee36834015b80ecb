import type { CredentialFile } from '../../../config/credential-file.ts'
import type { Credential } from './credential.ts'
import { getFromHelper } from './credential-program.ts'
import {
  type DockerConfig,
  parseCredential,
  listKeys,
  parseDockerConfig,
  getServerKey,
} from './docker-config.ts'

export interface CredentialLookup {
  readonly credential?: Credential
  /** Where it was found, for messages. */
  readonly from?: string
  /** Why a place that should have known could not be asked. */
  readonly problem?: string
}

/** Finds what to prove a user's identity to a registry with. */
export interface Credentials {
  /** `repository` is the one to be reached: podman's files may keep credentials for a part of a registry. */
  find(registry: string, repository: string, signal?: AbortSignal): Promise<CredentialLookup>
  /** Credential programs are asked again for this registry: what they gave may have expired. */
  forget(registry: string): void
}

export interface CredentialSources {
  /** What the command line gave, for one registry; nothing else is asked for that one. */
  readonly explicit?: { readonly registry: string; readonly credential: Credential } | undefined
  /** The files to look through in this order; read when first needed. */
  readonly files: () => Promise<readonly CredentialFile[]>
}

/** Looks through what was given on the command line, then through the files; in each: helper, store, entry. */
export function openCredentials({ explicit, files }: CredentialSources): Credentials {
  let configs: Promise<readonly (readonly [CredentialFile, DockerConfig])[]> | undefined
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
      configs ??= files().then((read) => read.map((file) => [file, parseDockerConfig(file.text, file.name)]))
      let problem: string | undefined
      for (const [file, config] of await configs) {
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
  const own = keys.map((key) => config.credHelpers.get(key)).find((helper) => helper !== undefined)
  const helper = own ?? config.credsStore
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

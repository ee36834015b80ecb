/** An action on a repository; each includes those before it. */
export type RegistryAction = 'pull' | 'push' | 'delete'

/** The scopes of a token: actions by repository, with the registry's names. The first is the requested repository. */
export type Scopes = ReadonlyMap<string, ReadonlySet<string>>

/** Registries refuse headers above 8 kB, which a token with many scopes exceeds. */
const SCOPES_LIMIT = 5
const ACTIONS_LIMIT = 8

const ACTIONS: Readonly<Record<RegistryAction, readonly string[]>> = {
  pull: ['pull'],
  push: ['pull', 'push'],
  delete: ['pull', 'push', 'delete'],
}

/** Whether a token for one action covers another one. */
export const includesAction = (held: RegistryAction, needed: RegistryAction): boolean =>
  ACTIONS[needed].every((action) => ACTIONS[held].includes(action))

/** The scopes of a request to `repository`, and for a mount those of the repository that it reads from. */
export function buildScopes(repository: string, action: RegistryAction, reads?: string): Scopes {
  const own = new Map([[repository, new Set(ACTIONS[action])]])
  return reads === undefined ? own : joinScopes(own, new Map([[reads, new Set(ACTIONS.pull)]]))
}

/** Merges scopes, for five repositories at most, those of `scopes` first. */
export function joinScopes(scopes: Scopes, further: Scopes): Scopes {
  const joined = new Map([...scopes].map(([name, actions]) => [name, new Set(actions)]))
  for (const [name, actions] of further) {
    if (!joined.has(name) && joined.size >= SCOPES_LIMIT) continue
    const known = joined.get(name) ?? new Set<string>()
    for (const action of actions) if (known.size < ACTIONS_LIMIT) known.add(action)
    joined.set(name, known)
  }
  return joined
}

/** Whether a token for the scopes `held` covers those of `needed`. */
export const coversScopes = (held: Scopes, needed: Scopes): boolean =>
  [...needed].every(([name, actions]) => {
    const known = held.get(name)
    return known !== undefined && [...actions].every((action) => known.has(action))
  })

/**
 * Parses the repository scopes of a challenge; other kinds of scopes are ignored.
 * https://distribution.github.io/distribution/spec/auth/scope/
 */
export function parseScopes(text: string | undefined): Scopes {
  const scopes = new Map<string, ReadonlySet<string>>()
  for (const entry of (text ?? '').split(' ')) {
    const found = /^repository:([a-z0-9][a-z0-9._/-]{0,254}):([a-z_*]{1,32}(?:,[a-z_*]{1,32}){0,7})$/.exec(
      entry,
    )
    if (found !== null) scopes.set(found[1]!, new Set(found[2]!.split(',')))
  }
  return scopes
}

/** Formats scopes for token services. */
export const formatScopes = (scopes: Scopes): readonly string[] =>
  [...scopes].map(([name, actions]) => `repository:${name}:${[...actions].join(',')}`)

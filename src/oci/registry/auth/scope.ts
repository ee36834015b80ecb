/** What a request wants to do to the repository; each serves for those before it. */
export type RegistryAction = 'pull' | 'push' | 'delete'

/** What a token is good for: actions by repository, as the registry knows it. The first is the one that is spoken to. */
export type Scopes = ReadonlyMap<string, ReadonlySet<string>>

/** Registries refuse a request whose headers are larger than 8 kB, which the token of many scopes is. */
const SCOPES_LIMIT = 5
const ACTIONS_LIMIT = 8

const ACTIONS: Readonly<Record<RegistryAction, readonly string[]>> = {
  pull: ['pull'],
  push: ['pull', 'push'],
  delete: ['pull', 'push', 'delete'],
}

/** Whether who has the one access needs no other token for the other one. */
export const includesAction = (held: RegistryAction, asked: RegistryAction): boolean =>
  ACTIONS[asked].every((action) => ACTIONS[held].includes(action))

/** What a request to `repository` needs that also reads from another one, as a mount does. */
export function buildScopes(repository: string, access: RegistryAction, reads?: string): Scopes {
  const own = new Map([[repository, new Set(ACTIONS[access])]])
  return reads === undefined ? own : joinScopes(own, new Map([[reads, new Set(ACTIONS.pull)]]))
}

/** Both together: no more than five repositories, those of `scopes` first. */
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

/** Whether a token that was asked for with `held` names all of `needed`. */
export const coversScopes = (held: Scopes, needed: Scopes): boolean =>
  [...needed].every(([name, actions]) => {
    const known = held.get(name)
    return known !== undefined && [...actions].every((action) => known.has(action))
  })

/**
 * The scopes of repositories that a challenge names; what else it may name, no request of ours needs.
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

/** As token services read them. */
export const formatScopes = (scopes: Scopes): readonly string[] =>
  [...scopes].map(([name, actions]) => `repository:${name}:${[...actions].join(',')}`)

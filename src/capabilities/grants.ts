import type { GrantKey } from './classes.ts'
import { CLOCKS, STDIO } from './grammar.ts'
import type { Grants } from './manifest.ts'

/** The grants of a capability manifest as a set; `filesystem` brings `filesystem.rw` if anything, or nothing at all, is writable. */
export function heldGrants(grants: Grants): Set<GrantKey> {
  const held = new Set<GrantKey>()
  const hold = (key: GrantKey, grant: unknown): void => {
    if (grant !== undefined) held.add(key)
  }
  for (const stream of grants.stdio ?? []) held.add(`stdio.${stream}`)
  for (const clock of grants.clocks ?? []) held.add(`clocks.${clock}`)
  for (const key of ['random', 'args', 'cwd', 'exit', 'env', 'filesystem', 'sockets'] as const)
    hold(key, grants[key])
  const directories = grants.filesystem
  if (directories?.length === 0 || directories?.some(({ mode }) => mode === 'rw')) held.add('filesystem.rw')
  hold('http.outgoing', grants.http?.outgoing)
  hold('http.incoming', grants.http?.incoming)
  hold('sockets.tcp', grants.sockets?.tcp)
  hold('sockets.udp', grants.sockets?.udp)
  hold('sockets.dns', grants.sockets?.dns)
  return held
}

/** The narrowest grants that hold the given ones: every list is empty, so nothing is reached. */
export function leastGrants(keys: ReadonlySet<GrantKey>): Grants {
  const stdio = STDIO.filter((stream) => keys.has(`stdio.${stream}`))
  const clocks = CLOCKS.filter((clock) => keys.has(`clocks.${clock}`))
  const flag = <T extends string>(key: GrantKey & T): { readonly [K in T]?: true } =>
    keys.has(key) ? ({ [key]: true } as { readonly [K in T]: true }) : {}
  const outgoing = keys.has('http.outgoing') && { outgoing: { hosts: [] } }
  const incoming = keys.has('http.incoming') && { incoming: true as const }
  const tcp = keys.has('sockets.tcp') && { tcp: { connect: [], listen: [] } }
  const udp = keys.has('sockets.udp') && { udp: { connect: [], listen: [] } }
  const dns = keys.has('sockets.dns') && { dns: [] }
  return {
    ...(stdio.length > 0 && { stdio }),
    ...(clocks.length > 0 && { clocks }),
    ...flag('random'),
    ...flag('args'),
    ...flag('cwd'),
    ...flag('exit'),
    ...(keys.has('env') && { env: { names: [] } }),
    ...((keys.has('filesystem') || keys.has('filesystem.rw')) && { filesystem: [] }),
    ...((outgoing || incoming) && { http: { ...outgoing, ...incoming } }),
    ...((keys.has('sockets') || tcp || udp || dns) && { sockets: { ...tcp, ...udp, ...dns } }),
  }
}

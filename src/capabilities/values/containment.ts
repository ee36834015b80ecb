import { type Endpoint, EndpointSet, parseHttpEndpoints, parseSocketEndpoint } from './endpoint.ts'
import { coversHost, HostSet, parseHostPattern } from './host.ts'
import { NameSet } from './name.ts'
import { type Directory, DirectorySet } from './path.ts'

/**
 * Prepares a list of a ceiling once for many look-ups; the function that it returns tells whether the list contains everything that an
 * item matches.
 */
export type Containment<Item> = (ceiling: readonly Item[]) => (item: Item) => boolean

/** Names; one that ends in `*` is a prefix. */
export const containNames: Containment<string> = (ceiling) => {
  const set = new NameSet(ceiling)
  return (name) => set.contains(name)
}

/** A directory contains the directories below it, and `rw` contains `ro`. */
export const containDirectories: Containment<Directory> = (ceiling) => {
  const set = new DirectorySet(ceiling)
  return (directory) => set.contains(directory)
}

export const containHostNames: Containment<string> = (ceiling) => {
  const set = new HostSet(ceiling.flatMap((text) => parseHostPattern(text) ?? []))
  return (text) => {
    const pattern = parseHostPattern(text)
    return pattern !== undefined && coversHost([set], pattern)
  }
}

/** `[http://|https://]host[:port]`. */
export const containHttpHosts: Containment<string> = (ceiling) => {
  const set = new EndpointSet(ceiling.flatMap((text) => parseHttpEndpoints(text) ?? []))
  return (text) => parseHttpEndpoints(text)?.every((endpoint) => set.contains(endpoint)) === true
}

const containEndpoints =
  (parse: (text: string) => Endpoint | undefined): Containment<string> =>
  (ceiling) => {
    const set = new EndpointSet(ceiling.flatMap((text) => parse(text) ?? []))
    return (text) => {
      const endpoint = parse(text)
      return endpoint !== undefined && set.contains(endpoint)
    }
  }

/** `host:port`, or a range of addresses with a port. */
export const containSocketAddresses = containEndpoints(parseSocketEndpoint)

/** `host[:port]`: without a port it is the default port of the database's protocol. */
export const containServers = (defaultPort: number): Containment<string> =>
  containEndpoints((text) => parseSocketEndpoint(text, defaultPort))

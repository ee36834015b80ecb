import type { Directory, Grants, SocketGrant } from '../manifest/manifest.ts'
import { type Endpoint, EndpointSet, parseHttpEndpoints, parseSocketEndpoint } from '../values/endpoint.ts'
import { coversHost, HostSet, parseHostPattern } from '../values/host.ts'
import { NameSet } from '../values/name.ts'
import { DirectorySet } from '../values/path.ts'
import { toYamlFlow } from '../../documents/yaml-flow.ts'

/** A part of some grants that goes beyond a ceiling. */
export interface Exceedance {
  /** Where it stands below the grants, and the place of the ceiling that does not hold it: `http.outgoing.hosts[2]`, `http.outgoing.hosts`. */
  readonly path: string
  readonly ceilingPath: string
  /** What was found, as YAML; for what is not in the ceiling at all, nothing. */
  readonly found?: string
  /** What the ceiling has there; undefined if it has nothing there. */
  readonly allowed?: readonly string[]
}

/** Finds what of the grants goes beyond the ceiling; parameters may be narrower, and what is absent is not granted. */
export type CeilingCheck = (grants: Grants) => readonly Exceedance[]

/** Prepares a ceiling once for many grants. */
export function createCeilingCheck(ceiling: Grants): CeilingCheck {
  const gauge = GRANTS(ceiling, '')
  return (grants) => [...gauge(grants, '')]
}

/** Compares the grant at a path with the ceiling that it was made for. */
type Gauge<T> = (granted: T, path: string) => Iterable<Exceedance>

/** Makes the gauge for one place of the ceiling, which may be empty. */
type MakeGauge<T> = (ceiling: T | undefined, path: string) => Gauge<T>

type Grant<K extends keyof Grants> = NonNullable<Grants[K]>

const flag: MakeGauge<true> = (ceiling) => (_, path) => (ceiling ? [] : [{ path, ceilingPath: path }])

/** A list in which every item is a capability of its own, so that an empty one grants nothing. */
const choices: MakeGauge<readonly string[]> = (ceiling = [], ceilingPath) =>
  beyond(ceilingPath, ceiling, (item: string) => ceiling.includes(item))

/** A list of what is reached: an empty one reaches nothing, but lets the import be there, so the ceiling has to have one too. */
const reach =
  <T>(index: (ceiling: readonly T[]) => (item: T) => boolean): MakeGauge<readonly T[]> =>
  (ceiling, ceilingPath) =>
    ceiling === undefined
      ? (_, path) => [{ path, ceilingPath }]
      : beyond(ceilingPath, ceiling, index(ceiling))

function beyond<T>(
  ceilingPath: string,
  ceiling: readonly T[],
  contains: (item: T) => boolean,
): Gauge<readonly T[]> {
  let allowed: readonly string[] | undefined
  return function* (items, path) {
    for (const [index, item] of items.entries())
      if (!contains(item)) {
        allowed ??= ceiling.map(toYamlFlow)
        yield { path: `${path}[${index}]`, ceilingPath, found: toYamlFlow(item), allowed }
      }
  }
}

/** A mapping whose keys are capabilities of their own, or the parameters of one. */
const fields =
  <T extends object>(parts: { readonly [K in keyof T]-?: MakeGauge<NonNullable<T[K]>> }): MakeGauge<T> =>
  (ceiling, ceilingPath) => {
    if (ceiling === undefined) return (_, path) => [{ path, ceilingPath }]
    const gauges = new Map<string, Gauge<unknown>>()
    for (const [key, make] of Object.entries(parts) as [keyof T & string, MakeGauge<unknown>][])
      gauges.set(key, make(ceiling[key], join(ceilingPath, key)))
    return function* (granted, path) {
      for (const [key, value] of Object.entries(granted))
        if (value !== undefined) yield* gauges.get(key)!(value, join(path, key))
    }
  }

const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`)

const names = reach<string>((ceiling) => {
  const set = new NameSet(ceiling)
  return (name) => set.contains(name)
})

const directories = reach<Directory>((ceiling) => {
  const set = new DirectorySet(ceiling)
  return (directory) => set.contains(directory)
})

const httpHosts = reach<string>((ceiling) => {
  const set = new EndpointSet(ceiling.flatMap((text) => parseHttpEndpoints(text) ?? []))
  return (text) => parseHttpEndpoints(text)?.every((endpoint) => set.contains(endpoint)) === true
})

const endpoints = (parse: (text: string) => Endpoint | undefined): MakeGauge<readonly string[]> =>
  reach((ceiling) => {
    const set = new EndpointSet(ceiling.flatMap((text) => parse(text) ?? []))
    return (text) => {
      const endpoint = parse(text)
      return endpoint !== undefined && set.contains(endpoint)
    }
  })

const socketAddresses = endpoints(parseSocketEndpoint)

/** Without a port it is the one that the database's own protocol has. */
const database = (port: number): MakeGauge<readonly string[]> =>
  endpoints((text) => parseSocketEndpoint(text, port))

const hostNames = reach<string>((ceiling) => {
  const set = new HostSet(ceiling.flatMap((text) => parseHostPattern(text) ?? []))
  return (text) => {
    const pattern = parseHostPattern(text)
    return pattern !== undefined && coversHost([set], pattern)
  }
})

const sockets = fields<SocketGrant>({ connect: socketAddresses, listen: socketAddresses })

const GRANTS = fields<Grants>({
  stdio: choices,
  clocks: choices,
  random: flag,
  args: flag,
  cwd: flag,
  exit: flag,
  env: fields<Grant<'env'>>({ names }),
  filesystem: directories,
  http: fields<Grant<'http'>>({
    outgoing: fields<NonNullable<Grant<'http'>['outgoing']>>({ hosts: httpHosts }),
    incoming: flag,
  }),
  sockets: fields<Grant<'sockets'>>({ tcp: sockets, udp: sockets, dns: hostNames, tls: hostNames }),
  config: fields<Grant<'config'>>({ keys: names }),
  secrets: fields<Grant<'secrets'>>({ keys: names }),
  keyvalue: fields<Grant<'keyvalue'>>({ stores: names, access: choices }),
  blobstore: fields<Grant<'blobstore'>>({ containers: names, access: choices }),
  messaging: fields<Grant<'messaging'>>({ topics: names }),
  database: fields<Grant<'database'>>({
    postgres: database(5432),
    mysql: database(3306),
    redis: database(6379),
    sqlite: names,
  }),
  nn: fields<Grant<'nn'>>({ graphs: names, load: flag }),
  logging: flag,
  telemetry: flag,
  crypto: flag,
  threads: flag,
  proxy: choices,
  hostCalls: fields<Grant<'hostCalls'>>({ operations: names }),
})

import {
  readChoice,
  readFields,
  readFlag,
  readList,
  readMatching,
  type Read,
} from '../../documents/fields.ts'
import {
  ACCESS,
  CLOCKS,
  DATABASE,
  DNS_NAME,
  ENV_NAME,
  GUEST_PATH,
  HTTP_HOST,
  PROXY,
  RESOURCE_NAME,
  SOCKET_ADDRESS,
  STDIO,
} from './formats.ts'
import type { ScalarFormat } from '../../documents/scalar-format.ts'
import type { SourceNode } from '../../documents/source-node.ts'
import type { Directory, Grants, SocketGrant } from './manifest.ts'

/** A list of what the format describes, under one required key. */
const named =
  <K extends string>(key: K, format: ScalarFormat): Read<{ readonly [P in K]: readonly string[] }> =>
  (value, problems) => {
    const names = readFields(value, [key], problems)?.required(key, list(format))
    return names && ({ [key]: names } as { readonly [P in K]: readonly string[] })
  }

const list = (format: ScalarFormat): Read<readonly string[]> => readList(readMatching(format))

const readDirectory: Read<Directory> = (value, problems) => {
  const fields = readFields(value, ['guest', 'mode'], problems)
  const guest = fields?.required('guest', readMatching(GUEST_PATH))
  const mode = fields?.required('mode', readChoice(['ro', 'rw']))
  return guest === undefined || mode === undefined ? undefined : { guest, mode }
}

const readSocketGrant: Read<SocketGrant> = (value, problems) => {
  const fields = readFields(value, ['connect', 'listen'], problems)
  return (
    fields && {
      connect: fields.optional('connect', list(SOCKET_ADDRESS)) ?? [],
      listen: fields.optional('listen', list(SOCKET_ADDRESS)) ?? [],
    }
  )
}

const readKeyvalue: Read<NonNullable<Grants['keyvalue']>> = (value, problems) => {
  const fields = readFields(value, ['stores', 'access'], problems)
  const stores = fields?.required('stores', list(RESOURCE_NAME))
  const access = fields?.required('access', readList(readChoice(ACCESS)))
  return stores && access && { stores, access }
}

const readBlobstore: Read<NonNullable<Grants['blobstore']>> = (value, problems) => {
  const fields = readFields(value, ['containers', 'access'], problems)
  const containers = fields?.required('containers', list(RESOURCE_NAME))
  const access = fields?.required('access', readList(readChoice(ACCESS)))
  return containers && access && { containers, access }
}

/** As {@link Read}; `false` means that nothing is granted. */
const orFalse =
  <T>(read: Read<T>): Read<T | false> =>
  (value, problems) =>
    isFalse(value) ? false : read(value, problems)

const isFalse = (value: SourceNode): boolean => value.kind === 'scalar' && value.value === false

type Readers<T> = { readonly [K in keyof T]-?: Read<T[K] | false> }

/** A mapping of grants, every key optional; without what is absent or `false`, which mean the same. */
const group =
  <T>(readers: Readers<T>): Read<T> =>
  (value, problems) => {
    const entries = Object.entries(readers) as [string, Read<unknown>][]
    const fields = readFields(value, Object.keys(readers), problems)
    const read = fields && entries.map(([key, reader]) => [key, fields.optional(key, reader)] as const)
    return read && (Object.fromEntries(read.filter(([, grant]) => isGranted(grant))) as T)
  }

const isGranted = (grant: unknown): boolean => grant !== undefined && grant !== false

const flag: Read<true | false> = readFlag

/** `spec.grants`, in the order in which it is written down. */
export const readGrants = group<Grants>({
  stdio: readList(readChoice(STDIO)),
  clocks: readList(readChoice(CLOCKS)),
  random: flag,
  args: flag,
  cwd: flag,
  exit: flag,
  env: named('names', ENV_NAME),
  filesystem: readList(readDirectory, { identity: ({ guest }) => guest }),
  http: group<NonNullable<Grants['http']>>({ outgoing: named('hosts', HTTP_HOST), incoming: flag }),
  sockets: group<NonNullable<Grants['sockets']>>({
    tcp: orFalse(readSocketGrant),
    udp: orFalse(readSocketGrant),
    dns: orFalse(list(DNS_NAME)),
    tls: orFalse(list(DNS_NAME)),
  }),
  config: named('keys', RESOURCE_NAME),
  secrets: named('keys', RESOURCE_NAME),
  keyvalue: readKeyvalue,
  blobstore: readBlobstore,
  messaging: named('topics', RESOURCE_NAME),
  database: group<NonNullable<Grants['database']>>({
    postgres: list(DATABASE),
    mysql: list(DATABASE),
    redis: list(DATABASE),
    sqlite: list(RESOURCE_NAME),
  }),
  nn: group<NonNullable<Grants['nn']>>({ graphs: list(RESOURCE_NAME), load: flag }),
  logging: flag,
  telemetry: flag,
  crypto: flag,
  threads: flag,
  proxy: readList(readChoice(PROXY)),
  hostCalls: named('operations', RESOURCE_NAME),
})

import { WasmpackError } from '../../../errors.ts'
import { type AddressKind, parseLiteralAddress } from '../../../http/address.ts'
import type { Transport } from '../../../http/transport.ts'
import { quoted } from '../../../printable.ts'
import { toWireHost } from '../credentials/credential.ts'

/** The token service that a registry named when somebody logged in to it. */
export interface RealmPin {
  readonly origin: string
  /** Trusted by name at that time, so it may be inside of the own network. */
  readonly trusted: boolean
}

/** What is known of token services beside what a registry says of its own. */
export interface KnownRealms {
  /** Hosts (with their port, if any) and origins that the user trusts by name. */
  readonly trusted: readonly string[]
  /** Looked up when a registry names its token service. */
  findPin(registry: string): Promise<RealmPin | undefined>
}

export const NO_REALMS: KnownRealms = { trusted: [], findPin: async () => undefined }

export interface NamedRealm {
  readonly realm: string
  /** The registry that names it, as users write it, and where it is reached. */
  readonly registry: string
  readonly origin: string
  /** Whether a secret is going to be sent there. */
  readonly secret: boolean
}

/** Docker Hub's is known to everybody, so its password goes nowhere else even if nobody logged in here. */
const HUB: readonly [host: string, RealmPin] = [
  'registry-1.docker.io',
  { origin: 'https://auth.docker.io', trusted: false },
]

/**
 * Checks the token service that a registry names before it sees a password: http or https, not http when the registry is
 * https, never link-local, on this machine only under the registry's own host name, in a private network only if the
 * registry is in one, and the one of the last login. Gives the kinds of address that may be connected to, so that the name
 * is held to it once more at that moment. Throws UNAUTHENTICATED.
 */
export async function checkRealm(
  { realm, registry, origin, secret }: NamedRealm,
  known: KnownRealms,
  transport: Transport,
): Promise<readonly AddressKind[]> {
  const refused = (why: string, remedy?: string): WasmpackError =>
    new WasmpackError(
      'UNAUTHENTICATED',
      `registry ${registry} names a token service ${why}: ${quoted(realm.slice(0, 200))}`,
      {
        hint: `no credentials were sent; ${remedy ?? 'the registry is misconfigured or hostile'}`,
        details: { host: registry },
      },
    )
  if (!URL.canParse(realm)) throw refused('that is not a URL')
  const url = new URL(realm)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw refused('that is not an http or https URL')
  if (url.username !== '' || url.password !== '') throw refused('with a user name in its URL')
  if (url.protocol === 'http:' && origin.startsWith('https:'))
    throw refused('over plain HTTP, although the registry itself uses HTTPS')

  const pin = await findPin(registry, known)
  const trusted = isTrusted(url, known.trusted) || (pin?.trusted === true && pin.origin === url.origin)
  if (secret && pin !== undefined && !trusted && ![pin.origin, origin].includes(url.origin))
    throw refused(
      `that is not the one of the last login, ${pin.origin}`,
      `if it has moved, log in again with: wasmpack login ${registry}; or pass --trusted-realm ${url.origin}`,
    )

  const { hostname } = new URL(origin)
  const [own, kind] = [
    await transport.findAddressKind(hostname),
    await transport.findAddressKind(url.hostname),
  ]
  const reach = new Set<AddressKind>(['public'])
  if (trusted || own === 'private') reach.add('private')
  if (trusted || (own === 'loopback' && hostname === url.hostname)) reach.add('loopback')
  if (reach.has(kind)) return [...reach]
  throw refused(
    parseLiteralAddress(url.hostname) === undefined
      ? `that resolves to a ${kind} address`
      : `at a ${kind} address`,
    kind === 'reserved' ? undefined : `if you trust it, pass --trusted-realm ${url.host}`,
  )
}

async function findPin(registry: string, known: KnownRealms): Promise<RealmPin | undefined> {
  const [hub, pin] = HUB
  return (await known.findPin(registry)) ?? (toWireHost(registry) === hub ? pin : undefined)
}

/** Whether one of the names is that URL's host, with its port unless it is the scheme's own, or its origin. */
export const isTrusted = ({ host, origin }: URL, names: readonly string[]): boolean =>
  names.some((name) => name === host || name === origin)

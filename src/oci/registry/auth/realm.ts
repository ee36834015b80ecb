import { WasmpackError } from '../../../errors.ts'
import { type AddressKind, parseLiteralAddress } from '../../../http/address.ts'
import type { Transport } from '../../../http/transport.ts'
import { isDockerHub, normalizeHostName, splitPort } from '../../../hosts/registry-host.ts'
import { quoted } from '../../../printable.ts'

/** The token service that a registry named at login. */
export interface RealmPin {
  readonly origin: string
  /** It was trusted by name at login, so it may be on a private address. */
  readonly trusted: boolean
}

/** Token services that the user trusts, or that were pinned at login. */
export interface KnownRealms {
  /** Hosts (with their port, if any) and origins that the user trusts by name. */
  readonly trusted: readonly string[]
  /** Called when a registry names its token service. */
  findPin(registry: string): Promise<RealmPin | undefined>
}

export const NO_REALMS: KnownRealms = { trusted: [], findPin: async () => undefined }

export interface NamedRealm {
  readonly realm: string
  /** The registry that names it, as users write it, and its origin. */
  readonly registry: string
  readonly origin: string
  /** Whether a secret will be sent to it. */
  readonly secret: boolean
}

/** Docker Hub's is well known, so its password is sent nowhere else even without a login. */
const HUB: RealmPin = { origin: 'https://auth.docker.io', trusted: false }

/**
 * Checks the token service that a registry names before it gets a password: http or https, not http if the registry uses https,
 * never link-local, on a loopback address only under the registry's own host name, on a private address only if the registry is
 * on one too, and the same as at the last login. Returns the address kinds that may be connected to, which are checked again when
 * connecting. Throws UNAUTHENTICATED.
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
  const allowed = new Set<AddressKind>(['public'])
  if (trusted || own === 'private') allowed.add('private')
  if (trusted || (own === 'loopback' && normalizeHostName(hostname) === normalizeHostName(url.hostname)))
    allowed.add('loopback')
  if (allowed.has(kind)) return [...allowed]
  throw refused(
    parseLiteralAddress(url.hostname) === undefined
      ? `that resolves to a ${kind} address`
      : `at a ${kind} address`,
    kind === 'reserved' ? undefined : `if you trust it, pass --trusted-realm ${url.host}`,
  )
}

async function findPin(registry: string, known: KnownRealms): Promise<RealmPin | undefined> {
  return (await known.findPin(registry)) ?? (isDockerHub(registry) ? HUB : undefined)
}

/** Whether one of the names is the URL's `host[:port]` or its origin, by the value of addresses. */
export const isTrusted = ({ protocol, hostname, port }: URL, names: readonly string[]): boolean =>
  names.some((written) => {
    const [, scheme, host] = /^(?:(https?:)\/\/)?(.*)$/s.exec(written)!
    const { name, port: own } = splitPort(host!)
    const isDefault = port === '' && own === (protocol === 'http:' ? 80 : 443)
    return (
      (scheme === undefined || scheme === protocol) &&
      normalizeHostName(name) === normalizeHostName(hostname) &&
      (isDefault || String(own ?? '') === port)
    )
  })

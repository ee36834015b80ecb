import { WasmpackError } from '../../errors.ts'
import { type AddressKind, literalAddress } from '../../http/address.ts'
import type { Transport } from '../../http/transport.ts'
import { quoted } from '../../printable.ts'

/**
 * The kinds of address that a registry may send its users to with their password: never further inside than it is itself.
 */
const REACH: Readonly<Record<AddressKind, readonly AddressKind[]>> = {
  public: ['public'],
  private: ['public', 'private'],
  loopback: ['public', 'private', 'loopback'],
  reserved: ['public'],
}

/**
 * Checks the token service that a registry names before it sees a password: http or https, not http when the registry is
 * https, and not at an address inside of the user's own network or machine unless the registry is there too. Gives the
 * kinds of address that may be connected to, so that the name is held to it once more at that moment.
 */
export async function checkRealm(
  realm: string,
  registry: string,
  origin: string,
  transport: Transport,
): Promise<readonly AddressKind[]> {
  const refused = (why: string): WasmpackError =>
    new WasmpackError(
      'UNAUTHENTICATED',
      `registry ${registry} names a token service ${why}: ${quoted(realm.slice(0, 200))}`,
      {
        hint: 'no credentials were sent; a registry that does this is misconfigured or hostile',
        details: { host: registry },
      },
    )
  if (!URL.canParse(realm)) throw refused('that is no URL')
  const { protocol, hostname, username, password } = new URL(realm)
  if (protocol !== 'https:' && protocol !== 'http:') throw refused('that is no http or https URL')
  if (username !== '' || password !== '') throw refused('with a user in its URL')
  if (protocol === 'http:' && origin.startsWith('https:'))
    throw refused('over plain http though it is itself reached over https')
  const reach = REACH[await transport.kindOf(new URL(origin).hostname)]
  const kind = await transport.kindOf(hostname)
  if (!reach.includes(kind))
    throw refused(
      literalAddress(hostname) === undefined ? `that leads to a ${kind} address` : `at a ${kind} address`,
    )
  return reach
}

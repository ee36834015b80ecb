import { WasmpackError } from '../errors.ts'
import type { CredentialFile } from './credential-file.ts'

const HOST = 'WASMPACK_REGISTRY_HOST'
const USERNAME = 'WASMPACK_REGISTRY_USERNAME'
const PASSWORD = 'WASMPACK_REGISTRY_PASSWORD'

/** By the equivalent field of Docker's credential file. */
const SECRETS = [
  ['password', PASSWORD],
  ['identitytoken', 'WASMPACK_REGISTRY_IDENTITY_TOKEN'],
  ['registrytoken', 'WASMPACK_REGISTRY_TOKEN'],
] as const

/**
 * The credential in environment variables, for the registry that they name, in the form of a credential file. An empty variable
 * counts as unset. Undefined without user and secret. Throws CREDENTIALS_INVALID for an incomplete or ambiguous credential, and for
 * one without a registry.
 */
export function readCredentialVariables(
  environment: Readonly<Record<string, string | undefined>>,
): CredentialFile | undefined {
  const username = environment[USERNAME] || undefined
  const given = SECRETS.filter(([, name]) => environment[name])
  const [secret, other] = given
  if (secret === undefined) {
    if (username === undefined) return undefined
    throw invalidVariables(`$${USERNAME} is set without $${PASSWORD}`, 'set both, or neither of them')
  }
  const [field, name] = secret
  if (other !== undefined)
    throw invalidVariables(`$${name} and $${other[1]} are both set`, 'set only one of them')
  if (field === 'password' && username === undefined)
    throw invalidVariables(`$${name} is set without $${USERNAME}`, `set ${USERNAME} too`)
  if (username?.includes(':'))
    throw invalidVariables(`$${USERNAME} has a colon`, 'a user name cannot contain a colon (RFC 7617)')
  const host = environment[HOST]?.toLowerCase() ?? ''
  if (!/^[^\s/@?#]+$/.test(host))
    throw invalidVariables(
      host === '' ? `$${name} is set without $${HOST}` : `$${HOST} is not a host`,
      'set it to the host of the registry, for example registry.example.com or localhost:5000',
    )
  const entry = { ...(username === undefined ? {} : { username }), [field]: environment[name] }
  const text = JSON.stringify({ auths: { [host]: entry } })
  return { name: `$${name}`, read: async () => text, namespaces: false }
}

const invalidVariables = (found: string, hint: string): WasmpackError =>
  new WasmpackError('CREDENTIALS_INVALID', found, { hint })

import { WasmpackError } from '../errors.ts'
import type { AddressKind } from '../http/address.ts'
import { requestJson } from '../http/json.ts'
import { createRefusalError } from '../http/refusal.ts'
import type { Transport } from '../http/transport.ts'
import { isRecord } from '../json.ts'
import { quoted } from '../printable.ts'
import { checkEndpoint } from './check-endpoint.ts'

/** An OpenID Connect provider, by its own metadata. https://openid.net/specs/openid-connect-discovery-1_0.html */
export interface Provider {
  readonly issuer: string
  /** For people: the provider as the subject of a sentence. */
  readonly name: string
  readonly tokenEndpoint: string
  readonly authorizationEndpoint?: string
  readonly deviceEndpoint?: string
  /** Whether its authorization responses name the issuer (RFC 9207). */
  readonly namesIssuer: boolean
  /** How a client with a secret authenticates: the metadata's names. */
  readonly clientAuthentication: 'client_secret_basic' | 'client_secret_post'
  /** Where its endpoints may be: a public provider cannot send us into a private network. */
  readonly allowedAddresses: readonly AddressKind[]
}

const METADATA_LIMIT = 256 * 1024

/**
 * Asks an issuer for its endpoints. Throws UNAUTHENTICATED if the metadata are of another issuer, or name an endpoint without TLS
 * that is not on this machine.
 */
export async function discoverProvider(issuer: string, transport: Transport): Promise<Provider> {
  checkEndpoint(issuer, 'the issuer')
  const { host, hostname } = new URL(issuer)
  const name = `the identity provider ${host}`
  const answer = await requestJson(transport, {
    url: `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
    what: name,
    limit: METADATA_LIMIT,
  })
  if (!answer.ok)
    throw createRefusalError(name, answer, transport, {
      code: 'UNAUTHENTICATED',
      hint: 'the issuer of Keycloak is https://HOST/realms/REALM',
    })
  const metadata = isRecord(answer.json) ? answer.json : {}
  if (metadata['issuer'] !== issuer)
    throw new WasmpackError(
      'UNAUTHENTICATED',
      `${name} calls itself ${quoted(String(metadata['issuer']).slice(0, 200))}, not ${quoted(issuer)}`,
      { hint: 'pass the issuer as the provider writes it, letter for letter, with --oidc-issuer' },
    )
  const endpoint = (field: string): string | undefined => {
    const url = metadata[field]
    if (typeof url !== 'string') return undefined
    checkEndpoint(url, `the ${field} of ${name}`)
    return url
  }
  const tokenEndpoint = endpoint('token_endpoint')
  if (tokenEndpoint === undefined) throw lacks(name, 'token_endpoint')
  const authorizationEndpoint = endpoint('authorization_endpoint')
  const deviceEndpoint = endpoint('device_authorization_endpoint')
  const methods = metadata['token_endpoint_auth_methods_supported']
  const wantsPost =
    Array.isArray(methods) &&
    !methods.includes('client_secret_basic') &&
    methods.includes('client_secret_post')
  return {
    issuer,
    name,
    tokenEndpoint,
    ...(authorizationEndpoint !== undefined && { authorizationEndpoint }),
    ...(deviceEndpoint !== undefined && { deviceEndpoint }),
    namesIssuer: metadata['authorization_response_iss_parameter_supported'] === true,
    clientAuthentication: wantsPost ? 'client_secret_post' : 'client_secret_basic',
    allowedAddresses: await transport.findAllowedAddresses(hostname),
  }
}

/** The error of a provider whose metadata name no such endpoint. */
export const lacks = (name: string, endpoint: string): WasmpackError =>
  new WasmpackError('UNAUTHENTICATED', `${name} has no ${endpoint}`, {
    hint: 'choose another --oidc-flow, or have the provider support this one',
  })

import { type Answer, ask } from '../asking.ts'
import { OCI_MANIFEST } from '../documents.ts'
import type { Registry } from '../registry.ts'
import { sha256 } from '../store.ts'

export const basic = (username: string, password: string): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

export const withCredentials = (authorization: string): Record<string, string> => ({ authorization })

export const challengeIn = ({ status, headers }: Answer): unknown => [status, headers['www-authenticate']]

export const messageIn = ({ body }: Answer): unknown =>
  (JSON.parse(body) as { errors: { message: string }[] }).errors[0]!.message

const EMPTY = Buffer.from('{}')
/** The config of every manifest that names no other. */
export const EMPTY_CONFIG = {
  mediaType: 'application/vnd.wasm.config.v0+json',
  digest: sha256(EMPTY),
  size: EMPTY.length,
}

/** Puts a manifest; `/sha256` at the end of the path stands for its digest. The empty config is there. */
export async function push(
  registry: Registry,
  at: string,
  fields: Readonly<Record<string, unknown>>,
  authorization: string,
  type = OCI_MANIFEST,
): Promise<Answer & { readonly digest: string; readonly sent: number }> {
  const name = /^\/v2\/(.+)\/manifests\//.exec(at)![1]!
  registry.store.repository(name).blobs.set(EMPTY_CONFIG.digest, EMPTY)
  const document = { schemaVersion: 2, mediaType: OCI_MANIFEST, config: EMPTY_CONFIG, layers: [], ...fields }
  const body = JSON.stringify(document)
  const path = at.replace(/\/sha256(?=$|\?)/, `/${sha256(Buffer.from(body))}`)
  const answer = await ask(registry, 'PUT', path, body, { 'content-type': type, authorization })
  return { ...answer, digest: sha256(Buffer.from(body)), sent: Buffer.byteLength(body) }
}

export const bundleOf = (subject: string): Readonly<Record<string, unknown>> => ({
  artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
  subject: { mediaType: OCI_MANIFEST, digest: subject, size: 1 },
})

export interface TokenAnswer {
  readonly token: string
  readonly access_token: string
}

/** A token of Harbor for a scope, whoever asks. */
export async function tokenFor(
  registry: Registry,
  scope: string,
  authorization?: string,
): Promise<TokenAnswer> {
  const { body } = await ask(
    registry,
    'GET',
    `/service/token?service=harbor-registry&scope=${scope}`,
    '',
    authorization === undefined ? {} : { authorization },
  )
  return JSON.parse(body) as TokenAnswer
}

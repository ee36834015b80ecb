import { type Answer, ask } from '../asking.ts'
import type { Registry } from '../registry.ts'
import { basic } from './conversation.ts'
import type { Expected } from './expected.ts'

export const HARBOR: Readonly<Record<string, string | undefined>> = {
  nobody: undefined,
  admin: basic('admin', 'admin-password'),
  ci: basic('robot$priv+ci', 'ci-password'),
  reader: basic('robot$priv+reader', 'reader-password'),
  bad: basic('robot$priv+ci', 'wrong-password'),
}

export const JSON_CHARSET = 'application/json; charset=utf-8'
const JSON_BODY = { 'content-type': JSON_CHARSET }
/** The registry behind Harbor names its version; Harbor itself does so in challenges alone. */
const BACKEND = { 'docker-distribution-api-version': 'registry/2.0' }
const OWN = { 'docker-distribution-api-version': undefined }

export const fromBackend = (expected: Expected): Expected => ({
  ...expected,
  headers: { ...BACKEND, ...expected.headers },
})
export const fromHarbor = (expected: Expected): Expected => ({
  ...expected,
  headers: { ...OWN, ...expected.headers },
})

export const errorBody = (code: string, message: string, detail?: unknown): string =>
  `${JSON.stringify({ errors: [{ code, message, detail }] })}\n`

export const refusedByBackend = (status: number, code: string, message: string, detail?: unknown): Expected =>
  fromBackend({ status, body: errorBody(code, message, detail), headers: JSON_BODY })

export const refusedByHarbor = (status: number, code: string, message: string): Expected =>
  fromHarbor({ status, body: errorBody(code, message), headers: JSON_BODY })

export const notFound = (what: string): Expected => refusedByHarbor(404, 'NOT_FOUND', `${what} not found`)

/** A challenge; its messages say everything twice. */
export const challenged = (message: string, challenge = 'Basic realm="harbor"'): Expected =>
  fromBackend({
    status: 401,
    body: errorBody('UNAUTHORIZED', `${message}: ${message}`),
    headers: { ...JSON_BODY, 'www-authenticate': challenge },
  })

export const lacks = (action: string): Expected =>
  challenged(`unauthorized to access repository: priv/x, action: ${action}`)

export const listsTags = (listed: readonly string[], next?: string): Expected =>
  fromHarbor({
    status: 200,
    body: `${JSON.stringify({ name: 'priv/x', tags: listed })}\n`,
    headers: {
      ...JSON_BODY,
      link: next === undefined ? undefined : `</v2/priv/x/tags/list?${next}>; rel="next"`,
    },
  })

/** Sends a request, `METHOD path`, as one of the accounts. */
export function sendAs(
  registry: Registry,
  who: string,
  request: string,
  body = '',
  headers: Record<string, string> = {},
): Promise<Answer> {
  const [method = '', path = ''] = request.split(' ')
  const authorization = HARBOR[who]
  return ask(registry, method, path, body, {
    ...headers,
    ...(authorization === undefined ? {} : { authorization }),
  })
}

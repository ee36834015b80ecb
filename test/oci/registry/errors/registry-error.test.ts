import { describe, expect, it } from 'vitest'

import type { HttpResponse } from '../../../../src/http/response.ts'
import { toRegistryError } from '../../../../src/oci/registry/errors/registry-error.ts'
import type { FailedRequest } from '../../../../src/oci/registry/errors/diagnosis.ts'

interface Answer {
  readonly status: number
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

const responseOf = ({ status, body = '', headers = {} }: Answer): HttpResponse => ({
  status,
  url: 'https://r.example/v2/',
  header: (name) => headers[name],
  body: (async function* () {
    yield Buffer.from(body)
  })(),
  discard: async () => undefined,
})

const errors = (status: number, code: string, message: string, detail?: string): Answer => ({
  status,
  body: JSON.stringify({ errors: [{ code, message, detail }] }),
})
const page = (status: number, title: string): Answer => ({
  status,
  body: `<html><head><title>${title}</title></head></html>`,
  headers: { 'content-type': 'text/html' },
})

const asked: FailedRequest = {
  registry: 'r.example',
  repository: 'r.example/p/app',
  what: 'push of r.example/p/app:1',
  notFound: 'r.example/p/app has no tag 1',
}
const account: FailedRequest = { ...asked, credentials: '/home/me/.docker/config.json' }

/** What came, for what, and what the user reads of it: code, message, hint. */
const TABLE: readonly (readonly [
  string,
  Answer,
  FailedRequest,
  readonly [string, string, string | undefined],
])[] = [
  [
    'F24: an immutable tag of Harbor',
    errors(412, 'PRECONDITION', "Failed to process request due to 'app:1' configured as immutable."),
    account,
    [
      'REGISTRY_REFUSED',
      "the tag is immutable and already names another artifact; error from registry r.example: PRECONDITION: Failed to process request due to 'app:1' configured as immutable.",
      'choose a new tag',
    ],
  ],
  [
    'F24: an immutable tag of ECR',
    errors(
      400,
      'TAG_INVALID',
      "The image tag '1' already exists in the 'p/app' repository and cannot be overwritten because the repository is immutable.",
    ),
    account,
    [
      'REGISTRY_REFUSED',
      "the tag is immutable and already names another artifact; error from registry r.example: TAG_INVALID: The image tag '1' already exists in the 'p/app' repository and cannot be overwritten because the repository is immutable.",
      'choose a new tag',
    ],
  ],
  [
    'F24: a conflict without words',
    { status: 409 },
    account,
    [
      'REGISTRY_REFUSED',
      'registry r.example answered 409 Conflict to the push of r.example/p/app:1',
      'another client changed the tag meanwhile, or a policy of the registry protects it: use a new tag',
    ],
  ],
  [
    'an immutable tag that is to be deleted',
    errors(412, 'PRECONDITION', 'the tag 1 configured as immutable, cannot be deleted'),
    account,
    [
      'REGISTRY_REFUSED',
      'the tag is immutable and cannot be deleted; error from registry r.example: PRECONDITION: the tag 1 configured as immutable, cannot be deleted',
      'an immutability rule of the project protects it: ask its administrator',
    ],
  ],
  [
    'content trust that wants a signature of cosign',
    errors(412, 'PROJECTPOLICYVIOLATION', 'The image is not signed by cosign.'),
    account,
    [
      'REGISTRY_REFUSED',
      'the project serves only signed artifacts, and this one has no signature; error from registry r.example: PROJECTPOLICYVIOLATION: The image is not signed by cosign.',
      'sign it first: wasmpack sign r.example/p/app@DIGEST --key KEY',
    ],
  ],
  [
    'content trust that wants a signature of Notation',
    errors(412, 'PROJECTPOLICYVIOLATION', 'The image is not signed by notation.'),
    account,
    [
      'REGISTRY_REFUSED',
      'the project serves only artifacts signed with Notation, and this one is not; error from registry r.example: PROJECTPOLICYVIOLATION: The image is not signed by notation.',
      'wasmpack signs as cosign does: ask its administrator to require cosign signatures instead',
    ],
  ],
  [
    'F25: a quota',
    errors(
      403,
      'DENIED',
      'adding 146.5 KiB of storage resource, which when updated to current usage of 147.0 KiB will exceed the configured upper limit of 195.3 KiB.',
    ),
    account,
    [
      'REGISTRY_REFUSED',
      'the storage quota of the project is exceeded: 147.0 KiB of 195.3 KiB used, 146.5 KiB more needed; error from registry r.example: DENIED: adding 146.5 KiB of storage resource, which when updated to current usage of 147.0 KiB will exceed the configured upper limit of 195.3 KiB.',
      'delete unused artifacts, or ask its administrator for a larger quota',
    ],
  ],
  [
    'F25: read-only mode',
    errors(403, 'DENIED', 'The system is in read only mode. Any modification is prohibited.'),
    account,
    [
      'REGISTRY_REFUSED',
      'the registry is in read-only mode; error from registry r.example: DENIED: The system is in read only mode. Any modification is prohibited.',
      'try again after its maintenance, or ask its administrator',
    ],
  ],
  [
    'a push to a proxy cache',
    errors(403, 'DENIED', 'denied: can not push artifact to a proxy project: px'),
    account,
    [
      'REGISTRY_REFUSED',
      'the project is a proxy cache of another registry and accepts no pushes; error from registry r.example: DENIED: denied: can not push artifact to a proxy project: px',
      'push to that registry, or to another project',
    ],
  ],
  [
    'a project that is not there',
    errors(401, 'UNAUTHORIZED', 'project nope not found: project nope not found'),
    account,
    [
      'NOT_FOUND',
      'project nope does not exist in r.example, or the account has no permission to see it; error from registry r.example: UNAUTHORIZED: project nope not found',
      'check the spelling; Harbor requires creating a project before the first push',
    ],
  ],
  [
    'a right that is missing in Harbor',
    errors(
      401,
      'UNAUTHORIZED',
      'unauthorized to access repository: p/app, action: push: unauthorized to access repository: p/app, action: push',
    ),
    account,
    [
      'UNAUTHENTICATED',
      'access denied: credentials from /home/me/.docker/config.json have no push permission on r.example/p/app (or a wrong password); error from registry r.example: UNAUTHORIZED: unauthorized to access repository: p/app, action: push',
      'ask the administrator of the project for the permission; to check the password: wasmpack login r.example',
    ],
  ],
  [
    'a right that is missing where tokens say what they are for',
    {
      ...errors(401, 'UNAUTHORIZED', 'authentication required'),
      headers: {
        'www-authenticate':
          'Bearer realm="https://t.example/",service="r",scope="repository:p/app:pull,push",error="insufficient_scope"',
      },
    },
    account,
    [
      'UNAUTHENTICATED',
      'access denied: credentials from /home/me/.docker/config.json have no push permission on r.example/p/app; error from registry r.example: UNAUTHORIZED: authentication required',
      'ask the administrator of the repository for it, or use another account: wasmpack login r.example',
    ],
  ],
  [
    'credentials that are not there',
    errors(401, 'UNAUTHORIZED', 'authentication required'),
    asked,
    [
      'UNAUTHENTICATED',
      'authentication required by registry r.example, and no credentials were found; error from registry r.example: UNAUTHORIZED: authentication required',
      'log in with: wasmpack login r.example',
    ],
  ],
  [
    'credentials that could not be had',
    { status: 401 },
    { ...asked, problem: 'docker-credential-pass is not installed' },
    [
      'UNAUTHENTICATED',
      'authentication required by registry r.example, and no credentials were found',
      'docker-credential-pass is not installed; or log in with: wasmpack login r.example',
    ],
  ],
  [
    'credentials that are refused, in a bare error of zot',
    { status: 401, body: '{"code":"UNAUTHORIZED","message":"authentication required","detail":{}}' },
    account,
    [
      'UNAUTHENTICATED',
      'registry r.example rejected the credentials from /home/me/.docker/config.json; error from registry r.example: UNAUTHORIZED: authentication required',
      'log in with: wasmpack login r.example',
    ],
  ],
  [
    'a token of ECR that has expired',
    errors(403, 'DENIED', 'Your authorization token has expired. Reauthenticate and try again.'),
    account,
    [
      'UNAUTHENTICATED',
      'the credentials from /home/me/.docker/config.json have expired; error from registry r.example: DENIED: Your authorization token has expired. Reauthenticate and try again.',
      'log in again; for Amazon ECR: aws ecr get-login-password | wasmpack login r.example -u AWS --password-stdin',
    ],
  ],
  [
    'a right that is missing in zot',
    errors(403, 'DENIED', 'requested access to the resource is denied'),
    account,
    [
      'UNAUTHENTICATED',
      'error from registry r.example: DENIED: requested access to the resource is denied (403 Forbidden to the push of r.example/p/app:1)',
      'the account has no permission for this; to use another one: wasmpack login r.example',
    ],
  ],
  [
    'F60: a page of a captive portal that says 403',
    page(403, 'Blocked by the firewall'),
    account,
    [
      'UNAVAILABLE',
      'received a web page instead of a response from r.example; error from registry r.example: a web page, "Blocked by the firewall"',
      'a firewall, proxy or captive portal blocks the request: check the network',
    ],
  ],
  [
    'a repository without a project in Harbor',
    errors(400, 'BAD_REQUEST', 'bad request: invalid repository name: app'),
    { ...account, repository: 'r.example/app' },
    [
      'REFERENCE_INVALID',
      'r.example/app is not a valid repository name in r.example; error from registry r.example: BAD_REQUEST: bad request: invalid repository name: app',
      'Harbor requires a project: r.example/PROJECT/NAME',
    ],
  ],
  [
    'F23: a repository that ECR does not have yet',
    errors(
      404,
      'NAME_UNKNOWN',
      "The repository with name 'p/app' does not exist in the registry with id '123456789012'",
    ),
    account,
    [
      'NOT_FOUND',
      "repository r.example/p/app does not exist; error from registry r.example: NAME_UNKNOWN: The repository with name 'p/app' does not exist in the registry with id '123456789012'",
      'create it first: aws ecr create-repository --repository-name p/app',
    ],
  ],
  [
    'a repository that Harbor does not have yet',
    errors(404, 'NOT_FOUND', 'repository p/app not found'),
    account,
    [
      'NOT_FOUND',
      'repository r.example/p/app does not exist; error from registry r.example: NOT_FOUND: repository p/app not found',
      'check the spelling; some registries require creating a repository before the first push',
    ],
  ],
  [
    'a tag that is absent',
    errors(404, 'MANIFEST_UNKNOWN', 'manifest unknown'),
    account,
    [
      'NOT_FOUND',
      'r.example/p/app has no tag 1; error from registry r.example: MANIFEST_UNKNOWN: manifest unknown',
      'check the spelling of the reference',
    ],
  ],
  [
    'a blob that is missing',
    errors(400, 'MANIFEST_BLOB_UNKNOWN', 'blob unknown to registry', 'sha256:abc'),
    account,
    [
      'NOT_FOUND',
      'the registry lacks a blob of the manifest; error from registry r.example: MANIFEST_BLOB_UNKNOWN: blob unknown to registry: sha256:abc',
      'push again',
    ],
  ],
  [
    'F20: bytes that changed on their way',
    errors(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content'),
    account,
    [
      'DIGEST_MISMATCH',
      'the registry received other bytes than were sent; error from registry r.example: DIGEST_INVALID: provided digest did not match uploaded content',
      'a proxy may change bytes on the way; push again',
    ],
  ],
  [
    'F17: a limit of nginx',
    page(413, '413 Request Entity Too Large'),
    account,
    [
      'REGISTRY_REFUSED',
      'a server in front of the registry limits the size of uploads; error from registry r.example: a web page, "413 Request Entity Too Large"',
      'ask its administrator to raise the limit; in nginx it is client_max_body_size',
    ],
  ],
  [
    'F17: the same, of something whose size is known',
    page(413, '413 Request Entity Too Large'),
    { ...account, size: 1_572_881 },
    [
      'REGISTRY_REFUSED',
      'a server in front of the registry limits the size of uploads, and 1572881 bytes exceed it; error from registry r.example: a web page, "413 Request Entity Too Large"',
      'ask its administrator to raise the limit; in nginx it is client_max_body_size',
    ],
  ],
  [
    'a registry that nginx does not reach',
    page(502, '502 Bad Gateway'),
    account,
    [
      'UNAVAILABLE',
      'a server in front of the registry cannot reach it; error from registry r.example: a web page, "502 Bad Gateway"',
      'try again in a moment',
    ],
  ],
  [
    'plain HTTP to nginx with TLS',
    page(400, '400 The plain HTTP request was sent to HTTPS port'),
    asked,
    [
      'UNAVAILABLE',
      'registry r.example expects HTTPS, but was contacted over plain HTTP; error from registry r.example: a web page, "400 The plain HTTP request was sent to HTTPS port"',
      'omit --plain-http; for HTTPS on a loopback host, pass --ca-file FILE or --insecure',
    ],
  ],
  [
    'plain HTTP to a registry with TLS',
    { status: 400, body: 'Client sent an HTTP request to an HTTPS server.\n' },
    asked,
    [
      'UNAVAILABLE',
      'registry r.example expects HTTPS, but was contacted over plain HTTP; error from registry r.example: Client sent an HTTP request to an HTTPS server.',
      'omit --plain-http; for HTTPS on a loopback host, pass --ca-file FILE or --insecure',
    ],
  ],
  [
    'nginx that got no client certificate',
    page(400, '400 No required SSL certificate was sent'),
    asked,
    [
      'UNAUTHENTICATED',
      'registry r.example requires a client certificate; error from registry r.example: a web page, "400 No required SSL certificate was sent"',
      'pass it with --cert-file and --key-file',
    ],
  ],
  [
    'nginx that got the client certificate of somebody else',
    page(400, '400 The SSL certificate error'),
    asked,
    [
      'UNAUTHENTICATED',
      'registry r.example rejected the client certificate; error from registry r.example: a web page, "400 The SSL certificate error"',
      'pass one that has not expired and that its authority has signed, with --cert-file and --key-file',
    ],
  ],
  [
    'F26: a manifest that is too large for Harbor and distribution',
    errors(400, 'MANIFEST_INVALID', 'manifest invalid', 'http: request body too large'),
    account,
    [
      'REGISTRY_REFUSED',
      'the manifest exceeds the size limit of the registry, usually 4 MiB; error from registry r.example: MANIFEST_INVALID: manifest invalid: http: request body too large',
      'shorten its annotations; the capability manifest is one of them',
    ],
  ],
  [
    'F26: a manifest that is too large for zot',
    errors(413, 'MANIFEST_INVALID', 'manifest invalid'),
    account,
    [
      'REGISTRY_REFUSED',
      'the manifest exceeds the size limit of the registry, usually 4 MiB; error from registry r.example: MANIFEST_INVALID: manifest invalid',
      'shorten its annotations; the capability manifest is one of them',
    ],
  ],
  [
    'a token that is too long for nginx',
    page(400, '400 Request Header Or Cookie Too Large'),
    account,
    [
      'REGISTRY_REFUSED',
      'a server in front of the registry rejected the request headers as too large, probably for the bearer token; error from registry r.example: a web page, "400 Request Header Or Cookie Too Large"',
      'use an account with access to fewer projects; in nginx the limit is large_client_header_buffers',
    ],
  ],
  [
    'F28: a config type that Quay does not take',
    errors(400, 'MANIFEST_INVALID', 'manifest schema or mediatype not supported'),
    account,
    [
      'REGISTRY_REFUSED',
      'the registry does not accept artifacts of this type; error from registry r.example: MANIFEST_INVALID: manifest schema or mediatype not supported',
      'ask its administrator to allow it; in Quay: FEATURE_GENERAL_OCI_SUPPORT and ALLOWED_OCI_ARTIFACT_TYPES',
    ],
  ],
  [
    'F28: a type that is answered with 415',
    errors(415, 'MANIFEST_INVALID', 'manifest invalid'),
    account,
    [
      'REGISTRY_REFUSED',
      'the registry does not accept artifacts of this type; error from registry r.example: MANIFEST_INVALID: manifest invalid',
      'ask its administrator to allow it; in Quay: FEATURE_GENERAL_OCI_SUPPORT and ALLOWED_OCI_ARTIFACT_TYPES',
    ],
  ],
  [
    'a manifest that a rule of the registry does not like',
    errors(400, 'MANIFEST_INVALID', 'manifest invalid'),
    account,
    [
      'REGISTRY_REFUSED',
      'the registry rejected the manifest; error from registry r.example: MANIFEST_INVALID: manifest invalid',
      'the registry may be stricter than the specification; zot reports a missing blob like this: push again',
    ],
  ],
  [
    'something that is switched off',
    errors(405, 'UNSUPPORTED', 'The operation is unsupported.'),
    account,
    [
      'REGISTRY_REFUSED',
      'the registry does not support this operation; error from registry r.example: UNSUPPORTED: The operation is unsupported.',
      'it may be disabled: ask its administrator',
    ],
  ],
  [
    'F59: the rate limit of Docker Hub',
    {
      ...errors(429, 'TOOMANYREQUESTS', 'You have reached your pull rate limit.'),
      headers: { 'retry-after': '60', 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '0;w=21600' },
    },
    asked,
    [
      'UNAVAILABLE',
      'rate limit of registry r.example exceeded: 100 requests in 6 hours; error from registry r.example: TOOMANYREQUESTS: You have reached your pull rate limit.',
      'try again in 60 seconds, or log in for a higher limit: wasmpack login r.example',
    ],
  ],
  [
    'F59: a rate limit without words',
    { status: 429 },
    account,
    ['UNAVAILABLE', 'rate limit of registry r.example exceeded', 'try again in a moment'],
  ],
  [
    'a fault of the server',
    { status: 503, body: 'upstream is down', headers: { 'retry-after': '7' } },
    account,
    [
      'UNAVAILABLE',
      'error from registry r.example: upstream is down (503 Service Unavailable to the push of r.example/p/app:1)',
      'try again in 7 seconds',
    ],
  ],
  [
    'an answer that no registry gives',
    { status: 204 },
    account,
    [
      'UNAVAILABLE',
      'registry r.example answered 204 No Content to the push of r.example/p/app:1',
      'this is not the response of a registry: a proxy or a login page may have answered instead',
    ],
  ],
]

describe('a refusal says what the user can do', () => {
  for (const [name, answer, context, [code, message, hint]] of TABLE)
    it(name, async () => {
      const failure = await toRegistryError(responseOf(answer), context, (text) => text)
      expect([failure.code, failure.message, failure.hint]).toEqual([code, message, hint])
    })

  it('S25: never prints what a terminal would act on, and hides what we have sent', async () => {
    const hostile = errors(403, 'DENIED\u001b]0;gotcha\u0007', 'no \u202esecret-token \u001b[31mred\r\nline')
    const failure = await toRegistryError(responseOf(hostile), asked, (text) =>
      text.replaceAll('secret-token', '***'),
    )
    const shown = JSON.stringify([failure.message, failure.hint, failure.details])
    expect(shown).not.toMatch(/\\u001b|\\u0007|\\u202e|\\r|\\n|secret-token/)
    expect(shown).toContain('***')
  })

  it('S14: reads no more of a refusal than it shows', async () => {
    let sent = 0
    const response: HttpResponse = {
      ...responseOf({ status: 403 }),
      body: (async function* () {
        for (;;) {
          sent += 16_384
          yield Buffer.alloc(16_384, 'x')
        }
      })(),
    }
    const failure = await toRegistryError(response, asked, (text) => text)
    expect(sent).toBeLessThanOrEqual(64 * 1024)
    expect(failure.message.length).toBeLessThan(1300)
  })
})

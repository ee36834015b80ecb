import { WasmpackError } from '../../../errors.ts'
import type { Attempts } from '../../../http/attempts.ts'
import type { HttpResponse } from '../../../http/response.ts'
import { isAwayStatus } from '../../../http/retry.ts'
import type { RequestBody } from '../../../http/request.ts'
import { addQuery } from '../../../http/origin.ts'
import type { Digest } from '../../digest.ts'
import { checkDigestHeader } from '../errors/digest-header.ts'
import type { RegistryConnection } from '../connection.ts'
import { toWireRepository } from '../credentials/credential.ts'

/** Some registries move the whole blob before they respond to its last byte. In milliseconds. */
const COMMIT_TIMEOUT = 300_000
const CANCEL_TIMEOUT = 2000
const CANCEL_TRIES = 3
const BINARY = { 'content-type': 'application/octet-stream' }

/** Another repository of the registry that holds the blob. */
export interface Mount {
  readonly digest: Digest
  /** As users write it. */
  readonly from: string
}

/** The attempts and the signal of repeatable requests. */
interface RetryContext {
  readonly attempts: Attempts
  readonly signal: AbortSignal | undefined
}

/**
 * Opens an upload, or mounts the blob if requested and possible. Throws the error of the registry; `what` names the blob for it. https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-blobs
 */
export async function openSession(
  connection: RegistryConnection,
  what: string,
  { attempts, signal }: RetryContext,
  mount?: Mount,
): Promise<UploadSession | 'mounted'> {
  const query =
    mount === undefined
      ? ''
      : `?mount=${encodeURIComponent(mount.digest)}&from=${encodeURIComponent(toWireRepository(connection.registry, mount.from))}`
  const response = await connection.request({
    method: 'POST',
    at: `blobs/uploads/${query}`,
    action: 'push',
    ...(mount === undefined ? {} : { reads: mount.from }),
    retry: attempts,
    signal,
  })
  if (mount !== undefined && response.status === 201) {
    await response.discard()
    checkDigestHeader(response, mount.digest, connection)
    return 'mounted'
  }
  if (mount !== undefined && response.status >= 400 && response.status < 500) {
    // If the mount fails, the blob can still be uploaded.
    connection.transport.debug(`* cannot mount from ${mount.from} (${response.status}); uploading instead`)
    await response.discard()
    return await openSession(connection, what, { attempts, signal })
  }
  // Some registries answer 201 although nothing was created yet.
  if (response.status !== 202 && response.status !== 201)
    throw await connection.toError(response, {
      what: `upload of ${what} to ${connection.name}`,
      notFound: `repository ${connection.name} does not accept pushes`,
    })
  const url = connection.resolveUploadLocation(response)
  await response.discard()
  if (url !== undefined) return new UploadSession(connection, url)
  throw new WasmpackError(
    'UNAVAILABLE',
    `registry ${connection.registry} opened an upload without a Location header`,
    { hint: 'a proxy in front of the registry may remove it' },
  )
}

/** An open upload. Each response may name a new URL for the next request. */
export class UploadSession {
  readonly #connection: RegistryConnection
  #url: string

  constructor(connection: RegistryConnection, url: string) {
    this.#connection = connection
    this.#url = url
  }

  /** Sends bytes from `offset` on, without completing the upload. Returns a response of any status. */
  async append(body: RequestBody, offset: number, signal: AbortSignal | undefined): Promise<HttpResponse> {
    const response = await this.#connection.request({
      method: 'PATCH',
      at: { url: this.#url },
      action: 'push',
      headers: offset === 0 ? BINARY : { ...BINARY, 'content-range': `${offset}-${offset + body.size - 1}` },
      body,
      retry: false,
      headersTimeout: COMMIT_TIMEOUT,
      signal,
    })
    if (response.status < 300) this.#url = this.#connection.resolveUploadLocation(response) ?? this.#url
    return response
  }

  /** Completes the upload, with the last or only bytes if there are any. Returns a response of any status. */
  complete(
    digest: Digest,
    body: RequestBody | undefined,
    signal: AbortSignal | undefined,
  ): Promise<HttpResponse> {
    return this.#connection.request({
      method: 'PUT',
      at: { url: addQuery(this.#url, 'digest', digest) },
      action: 'push',
      headers: BINARY,
      body,
      retry: false,
      headersTimeout: COMMIT_TIMEOUT,
      signal,
    })
  }

  /**
   * The number of received bytes; undefined if the registry does not report it, or has lost the session. It has attempts of its
   * own, so that asking costs the upload none.
   */
  async fetchOffset(signal: AbortSignal | undefined): Promise<number | undefined> {
    const response = await this.#connection.request({
      method: 'GET',
      at: { url: this.#url },
      action: 'push',
      signal,
    })
    if (isAwayStatus(response.status))
      throw await this.#connection.toError(response, {
        what: `request for the state of an upload to ${this.#connection.name}`,
      })
    await response.discard()
    // A range of 0-0 may also mean that nothing was received.
    const end = /^(?:bytes=)?0-([1-9]\d{0,15})$/.exec(response.header('range') ?? '')?.[1]
    if (response.status !== 204 || end === undefined) return undefined
    this.#url = this.#connection.resolveUploadLocation(response) ?? this.#url
    return Number(end) + 1
  }

  /** Cancels the upload; errors are ignored. */
  async cancel(): Promise<void> {
    const signal = AbortSignal.timeout(CANCEL_TIMEOUT)
    const ask = async (method: 'DELETE' | 'GET'): Promise<HttpResponse> => {
      const at = { url: this.#url }
      const request = {
        method,
        at,
        action: 'push',
        retry: false,
        signal,
        afterwards: true,
        // Harbor requires the right to delete, which a token for a push does not carry.
        answersChallenge: false,
      } as const
      const response = await this.#connection.request(request)
      await response.discard()
      return response
    }
    try {
      // After a break, more may have arrived than the URL says, and some registries accept only the latest URL.
      for (let tries = CANCEL_TRIES; (await ask('DELETE')).status === 416 && tries > 1; tries--)
        this.#url = this.#connection.resolveUploadLocation(await ask('GET')) ?? this.#url
    } catch {
      // The error of the upload itself is reported.
    }
  }
}

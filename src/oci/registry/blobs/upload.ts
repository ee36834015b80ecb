import type { Attempts } from '../../../http/attempts.ts'
import type { HttpResponse } from '../../../http/response.ts'
import type { RequestBody } from '../../../http/request.ts'
import { isTransient, isUnanswered } from '../../../http/network-error.ts'
import { isTransientStatus } from '../../../http/retry.ts'
import type { Blob, UnhashedBlob } from '../../descriptor.ts'
import type { Digest } from '../../digest.ts'
import type { Operation, PushOperation, PushOutcome, PushUnhashedOperation } from '../../target.ts'
import { checkDigestHeader } from '../errors/digest-header.ts'
import { blobExists } from './blob-exists.ts'
import type { RegistryConnection } from '../connection.ts'
import { DuplicateFound, DedupeProbe } from './dedupe-probe.ts'
import { UploadContent } from './upload-content.ts'
import { type Mount, type UploadSession, openSession } from './upload-session.ts'

/** Smaller blobs are uploaded without a HEAD, which would take about as long. In bytes. */
const WORTH_CHECKING = 1024 * 1024
/** Larger blobs are uploaded resumably, which costs one more request. In bytes. */
const WORTH_RESUMING = 64 * 1024 * 1024

/**
 * Writes a blob unless it exists. An upload of content that does not match its descriptor is never completed, and broken uploads are
 * retried. https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#push
 */
export async function pushBlob(
  connection: RegistryConnection,
  blob: Blob,
  { from, ...operation }: PushOperation = {},
): Promise<PushOutcome> {
  const { digest, size } = blob.descriptor
  if (
    from === undefined &&
    !operation.fresh &&
    size >= WORTH_CHECKING &&
    (await blobExists(connection, digest, operation))
  )
    return 'present'
  const content = new UploadContent({ size, open: () => blob.open() }, { digest })
  const mount = from === undefined ? undefined : { digest, from }
  const mode = size > WORTH_RESUMING ? 'chunked' : 'monolithic'
  return await new Upload(connection, content, mode, operation).run(mount)
}

/**
 * Writes content that is hashed while it is uploaded: POST, one PATCH, and PUT with the digest. A large, slow upload is cancelled if
 * the repository turns out to have the content.
 */
export async function pushUnhashed(
  connection: RegistryConnection,
  source: UnhashedBlob,
  { onDigest, ...operation }: PushUnhashedOperation = {},
): Promise<{ readonly digest: Digest; readonly outcome: PushOutcome }> {
  const content = new UploadContent(source, { onDigest })
  const ahead = source.size < WORTH_RESUMING ? undefined : new DedupeProbe(connection, source)
  try {
    const outcome = await new Upload(
      connection,
      content,
      'chunked',
      ahead?.watch(operation) ?? operation,
    ).run()
    return { digest: await content.getDigest(), outcome }
  } catch (error) {
    if (!(error instanceof DuplicateFound)) throw error
    content.identify(error.digest)
    return { digest: error.digest, outcome: 'present' }
  } finally {
    await ahead?.end()
  }
}

/** Content in the body of PUT (monolithic), or of a PATCH before it (chunked). */
type UploadMode = 'monolithic' | 'chunked'

/** Statuses of a PATCH that the registry does not support, or whose session is lost. */
const REFUSES_CHUNKED: ReadonlySet<number> = new Set([400, 404, 405, 411, 415, 416, 501])
/** Statuses of a lost session, after a break or behind a load balancer. */
const SESSION_LOST: ReadonlySet<number> = new Set([404, 416])

/** The upload of one blob, over as many sessions as it takes. */
class Upload {
  readonly #connection: RegistryConnection
  readonly #content: UploadContent
  readonly #operation: Operation
  readonly #attempts: Attempts
  #mode: UploadMode
  /** All open sessions; the last one is current. */
  #sessions: UploadSession[] = []
  /** Whether the next attempt opens another session. */
  #needsNewSession = false
  /** Bytes that the registry had when the last attempt began. */
  #offset = 0
  /** The offset that the registry reported turned out to be wrong. */
  #misled = false

  constructor(
    connection: RegistryConnection,
    content: UploadContent,
    mode: UploadMode,
    operation: Operation,
  ) {
    this.#connection = connection
    this.#content = content
    this.#mode = mode
    this.#operation = operation
    this.#attempts = connection.startAttempts(operation.signal)
  }

  async run(mount?: Mount): Promise<PushOutcome> {
    try {
      return await this.#runAttempts(mount)
    } catch (error) {
      // Without any response, cancelling would fail too.
      if (!isUnanswered(error)) await Promise.all(this.#sessions.map((session) => session.cancel()))
      throw error
    }
  }

  async #runAttempts(mount: Mount | undefined): Promise<PushOutcome> {
    for (let first = true; ; first = false) {
      let response
      try {
        response = await this.#attempt(first ? mount : undefined, !first)
      } catch (error) {
        if (!isTransient(error)) throw error
        if (!(await this.#attempts.waitForNext(error))) throw this.#attempts.addAttemptCount(error)
        this.#needsNewSession ||= this.#mode === 'monolithic'
        continue
      }
      if (typeof response === 'string') return response
      if (response.status === 201 || response.status === 204) {
        this.#sessions = []
        await response.discard()
        checkDigestHeader(response, await this.#content.getDigest(), this.#connection)
        return 'pushed'
      }
      if (!this.#recover(response.status) || !(await this.#attempts.waitForNext(response)))
        throw await this.#connection.toError(response, {
          what: `upload of ${this.#content.describe()} to ${this.#connection.name}`,
          size: this.#content.size,
        })
    }
  }

  /** Runs one attempt; returns the last response, or an outcome without an upload. */
  async #attempt(mount: Mount | undefined, again: boolean): Promise<HttpResponse | 'mounted' | 'present'> {
    const connection = this.#connection
    const { signal, fresh } = this.#operation
    const { size } = this.#content
    const offset = this.#needsNewSession ? undefined : await this.#sessions.at(-1)?.fetchOffset(signal)
    this.#offset = offset !== undefined && offset <= size ? offset : 0
    if (this.#offset === 0) {
      // The upload may have succeeded although its response was lost.
      if (again && !fresh && this.#content.isKnown && size >= WORTH_CHECKING)
        if (await blobExists(connection, await this.#content.getDigest(), { signal })) return 'present'
      const opened = await openSession(
        connection,
        this.#content.describe(),
        { attempts: this.#attempts, signal },
        mount,
      )
      if (opened === 'mounted') return opened
      this.#sessions.push(opened)
      this.#needsNewSession = false
      // The blob may exist although the mount failed.
      if (mount !== undefined && !fresh && size > WORTH_RESUMING)
        if (await blobExists(connection, mount.digest, { signal })) {
          await opened.cancel()
          return 'present'
        }
    }
    const session = this.#sessions.at(-1)!
    if (this.#mode === 'monolithic')
      return await session.complete(await this.#content.getDigest(), this.#createBody(), signal)
    if (this.#offset < size) {
      const response = await session.append(this.#createBody(), this.#offset, signal)
      if (response.status >= 300) return response
      await response.discard()
    }
    return await session.complete(await this.#content.getDigest(), undefined, signal)
  }

  /** Chooses how to continue after a refusal; false if it is final. */
  #recover(status: number): boolean {
    const isFresh = this.#offset === 0
    if (isTransientStatus(status)) {
      this.#needsNewSession = this.#mode === 'monolithic'
      return true
    }
    if (this.#mode === 'monolithic') {
      this.#needsNewSession = true
      return SESSION_LOST.has(status)
    }
    if (!REFUSES_CHUNKED.has(status)) return false
    // On a resumed upload the offset may be wrong; otherwise the registry does not support chunked uploads.
    if (isFresh) this.#mode = 'monolithic'
    // Ask for the offset once more, but not twice: some registries are off by one.
    this.#needsNewSession = isFresh || status !== 416 || this.#misled
    this.#misled = !isFresh && status === 416 && !this.#misled
    return true
  }

  #createBody(): RequestBody {
    const [content, offset, { progress }] = [this.#content, this.#offset, this.#operation]
    return {
      size: content.size - offset,
      async *open() {
        for await (const chunk of content.readFrom(offset)) {
          yield chunk
          progress?.(chunk.length)
        }
      },
    }
  }
}

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

/** A blob below this is sent without asking whether it is there: asking takes about as long as sending. */
const WORTH_ASKING = 1024 * 1024
/** A blob above this is sent so that a break can be mended, which costs a request more. */
const WORTH_RESUMING = 64 * 1024 * 1024

/**
 * Writes a blob unless it is there. Bytes that are not what the descriptor says are never completed, and a break anywhere
 * is mended as often as the retries allow. https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#push
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
    size >= WORTH_ASKING &&
    (await blobExists(connection, digest, operation))
  )
    return 'present'
  const content = new UploadContent({ size, open: () => blob.open() }, { digest })
  const mount = from === undefined ? undefined : { digest, from }
  const mode = size > WORTH_RESUMING ? 'chunked' : 'monolithic'
  return await new Upload(connection, content, mode, operation).run(mount)
}

/**
 * Writes content that is hashed while it is sent: POST, one PATCH, and PUT with the digest. A large one that is sent slowly is
 * given up where the repository turns out to have it.
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

/** In the body of PUT, or of a PATCH before it. */
type UploadMode = 'monolithic' | 'chunked'

/** Of an upload by PATCH: the bytes, the method or the session are not what the registry can do with. */
const REFUSES_CHUNKED: ReadonlySet<number> = new Set([400, 404, 405, 411, 415, 416, 501])
/** Of any upload: registries no longer know the session, after a break or behind a load balancer. */
const SESSION_LOST: ReadonlySet<number> = new Set([404, 416])

/** The way of one blob into a repository, over as many sessions as it takes. */
class Upload {
  readonly #connection: RegistryConnection
  readonly #content: UploadContent
  readonly #operation: Operation
  readonly #attempts: Attempts
  #mode: UploadMode
  /** All that were opened; the last is the one to go on with. */
  #sessions: UploadSession[] = []
  /** Whether the next attempt takes another one. */
  #needsNewSession = false
  /** Bytes that were there when the last attempt began. */
  #offset = 0
  /** What was sent last did not follow on what the registry had said that it had. */
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
    this.#attempts = connection.transport.startAttempts(operation.signal)
  }

  async run(mount?: Mount): Promise<PushOutcome> {
    try {
      return await this.#runAttempts(mount)
    } catch (error) {
      // Where nobody answers, nobody hears that it is given up.
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

  /** The registry's last word on one attempt, or why nothing has to be sent. */
  async #attempt(mount: Mount | undefined, again: boolean): Promise<HttpResponse | 'mounted' | 'present'> {
    const connection = this.#connection
    const { signal, fresh } = this.#operation
    const { size } = this.#content
    const offset = this.#needsNewSession
      ? undefined
      : await this.#sessions.at(-1)?.fetchOffset({ attempts: this.#attempts, signal })
    this.#offset = offset !== undefined && offset <= size ? offset : 0
    if (this.#offset === 0) {
      // An answer that never came may have been a yes.
      if (again && !fresh && this.#content.isKnown && size >= WORTH_ASKING)
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
      // What is not mounted may be here under another name all the same.
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

  /** Chooses how to go on after a refusal; false when it is final. */
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
    // After a rest was sent, the registry may have got more than it knew of; else it does not take blobs this way.
    if (isFresh) this.#mode = 'monolithic'
    // It is asked once more how far it came, and not believed again: some are off by one.
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

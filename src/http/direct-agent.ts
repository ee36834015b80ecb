import { Agent, type ClientRequestArgs } from 'node:http'
import { connect, type NetConnectOpts, type Socket } from 'node:net'

/** Read from a connection at once, in bytes. */
const AT_ONCE = 1024 * 1024
/** Freed memory that the process keeps for reuse, in bytes. */
const KEPT = 16 * 1024 * 1024

/**
 * Direct connections without TLS. All read into one buffer, which the HTTP parser copies from before the next read: Node's
 * default allocates a buffer per 64 KiB and takes 16 times as many turns of the event loop.
 */
export class DirectAgent extends Agent {
  readonly #memory = Buffer.allocUnsafeSlow(AT_ONCE)

  constructor() {
    super({ keepAlive: true })
    // glibc returns free memory to the system above twice the size of the largest mapping that was freed. Freeing this untouched
    // one raises that threshold, which saves 12,000 page faults for 256 MiB.
    Buffer.allocUnsafeSlow(KEPT)
  }

  override createConnection(options: ClientRequestArgs): Socket {
    const onread = {
      buffer: this.#memory,
      callback(length: number, memory: Uint8Array) {
        socket.emit('data', memory.subarray(0, length))
        return true
      },
    }
    const socket: Socket = connect({ ...options, onread } as NetConnectOpts)
    return socket
  }
}

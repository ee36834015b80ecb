import type { AddressInfo, Server, Socket } from 'node:net'

/** A server on 127.0.0.1 whose connections can all be broken off, and which can be started again at its port. */
export class Listening {
  readonly #server: Server
  readonly #open = new Set<Socket>()
  #port: number

  /** A port of 0 is a free one. */
  constructor(server: Server, port: number) {
    this.#server = server
    this.#port = port
    server.on('connection', (socket: Socket) => {
      this.#open.add(socket)
      socket.once('close', () => this.#open.delete(socket))
    })
  }

  get port(): number {
    return this.#port
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(this.#port, '127.0.0.1', () => {
        this.#server.off('error', reject)
        resolve()
      })
    })
    this.#port = (this.#server.address() as AddressInfo).port
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    for (const socket of this.#open) socket.destroy()
    await closed
  }
}

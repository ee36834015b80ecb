import { connect, createServer, type Socket } from 'node:net'

/** A TCP forwarder in front of a registry that lets only so many bytes through. */
export interface Valve {
  /** `localhost:PORT`, to be used as the registry's host. */
  readonly host: string
  /** Resolves once the bytes are through and the rest is held back. */
  readonly shut: Promise<void>
  /** Lets what is held back go on, and all that follows. */
  reopen(): void
  close(): Promise<void>
}

/**
 * Opens a valve to a registry: after `bytes` in one direction nothing more passes that way, on any connection, and
 * nothing is closed either: a transfer hangs in the middle. When the registry's end of a connection goes, so does ours.
 * A valve that is to `cut` ends that connection instead, and lets pass whatever comes on others.
 */
export async function openValve(
  registryHost: string,
  direction: 'to registry' | 'from registry',
  bytes: number,
  then: 'hold' | 'cut' = 'hold',
): Promise<Valve> {
  const port = Number(registryHost.split(':')[1])
  const sockets = new Set<Socket>()
  let left = bytes
  let open = false
  const held: (() => void)[] = []
  let signalShut = (): void => {}
  const shut = new Promise<void>((resolve) => (signalShut = resolve))

  const forward = (from: Socket, to: Socket, limited: boolean): void => {
    from.on('data', (chunk: Buffer) => {
      if (!limited || open) return void to.write(chunk)
      const rest = chunk.subarray(left)
      to.write(chunk.subarray(0, left))
      left -= Math.min(left, chunk.length)
      if (left > 0) return
      signalShut()
      if (then === 'cut') {
        open = true
        from.removeAllListeners('data').pause()
        to.end(() => from.destroy())
        return
      }
      held.push(() => {
        to.write(rest)
        from.resume()
      })
      // The client is held. The registry is drained: a paused socket would not hear that its other end is gone.
      if (direction === 'to registry') from.pause()
    })
    from.on('end', () => to.end())
    from.on('error', () => to.destroy())
    from.on('close', () => to.destroy())
  }

  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1')
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
    }
    forward(client, upstream, direction === 'to registry')
    forward(upstream, client, direction === 'from registry')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    host: `localhost:${address.port}`,
    shut,
    reopen() {
      open = true
      for (const release of held.splice(0)) release()
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

import type { HttpResponse } from '../../src/http/response.ts'
import type { Clock } from '../../src/http/retry.ts'
import { type HttpRequest, Transport } from '../../src/http/transport.ts'
import { Random } from '../fuzz/random.ts'

/** In milliseconds: how long a request is on its way, at least and at most. */
const DISTANCE = { least: 10, most: 60 }
const UNIT = 1_000_000

interface Sleeper {
  readonly until: number
  readonly wake: () => void
}

/**
 * The time of several clients that work at once, none of which is real: when all of them wait, it is the moment at which the
 * first of them goes on. What they do to one another depends on the seed alone.
 */
export class SharedClock implements Clock {
  readonly #random: Random
  readonly #sleepers = new Set<Sleeper>()
  #now = 0
  #working = 0

  constructor(seed: number) {
    this.#random = new Random(seed, 0)
  }

  now(): number {
    return this.#now
  }

  random(): number {
    return this.#random.below(UNIT) / UNIT
  }

  async sleep(milliseconds: number): Promise<void> {
    await new Promise<void>((wake) => {
      this.#sleepers.add({ until: this.#now + milliseconds, wake })
      this.#move()
    })
  }

  /** Runs a client; those that are to work at once are begun in the same turn. */
  async run(client: (transport: Transport) => Promise<unknown>): Promise<void> {
    const transport = new DistantTransport({ clock: this })
    this.#working++
    try {
      await client(transport)
    } finally {
      transport.close()
      this.#working--
      this.#move()
    }
  }

  #move(): void {
    if (this.#sleepers.size === 0 || this.#sleepers.size < this.#working) return
    const [first] = [...this.#sleepers].sort((one, other) => one.until - other.until)
    this.#sleepers.delete(first!)
    this.#now = first!.until
    first!.wake()
  }
}

/** A transport of whose requests each takes some of its clock's time to arrive. */
class DistantTransport extends Transport {
  override async send(request: HttpRequest): Promise<HttpResponse> {
    const { least, most } = DISTANCE
    await this.clock.sleep(least + (most - least) * this.clock.random())
    return super.send(request)
  }
}

import type { Reply } from './asked.ts'
import { BAD_GATEWAY, UNAVAILABLE } from './like/nginx.ts'
import type { Listening } from './listening.ts'
import { routeOf } from './routes.ts'
import type { Outage } from './outage-switch.ts'

/** Whether a registry is away, and what is answered in its place. */
export class Outages {
  readonly #listening: Listening
  #planned: Outage | undefined
  #current: Outage | undefined
  #timer: NodeJS.Timeout | undefined
  #answered = 0

  constructor(listening: Listening) {
    this.#listening = listening
  }

  /** Lets one begin, at once or after some requests more; settled when it was planned or has begun. */
  async plan(outage: Outage): Promise<void> {
    this.#planned = outage
    this.#answered = 0
    await this.#beginPlanned()
  }

  /** Hears of every request that was answered. */
  async countAnswer(): Promise<void> {
    this.#answered++
    await this.#beginPlanned()
  }

  /** What the web server in front answers, or undefined where it reaches the registry. */
  front(): Reply | undefined {
    if (this.#current === undefined || this.#current.part === 'backend') return undefined
    return this.#current.as === 502 ? BAD_GATEWAY : UNAVAILABLE
  }

  /** What the registry answers that does not reach its content. */
  backend(method: string, path: string): Reply | undefined {
    if (this.#current?.part !== 'backend' || method === 'DELETE') return undefined
    const kind = routeOf(path)?.kind
    return kind === 'blob' || kind === 'uploads' || kind === 'session' || kind === 'manifest'
      ? { status: 502 }
      : undefined
  }

  /** Forgets all plans; what is away stays away. */
  dispose(): void {
    clearTimeout(this.#timer)
    this.#planned = undefined
  }

  async #beginPlanned(): Promise<void> {
    const outage = this.#planned
    if (outage === undefined || this.#answered < (outage.after ?? 0)) return
    this.#planned = undefined
    clearTimeout(this.#timer)
    const before = this.#current
    this.#current = outage
    this.#timer = setTimeout(() => void this.#end(), outage.seconds * 1000)
    if (isRefusing(outage) && !isRefusing(before)) await this.#listening.stop()
    if (!isRefusing(outage) && isRefusing(before)) await this.#listening.start()
  }

  async #end(): Promise<void> {
    const before = this.#current
    this.#current = undefined
    if (isRefusing(before)) await this.#listening.start()
  }
}

const isRefusing = (outage: Outage | undefined): boolean =>
  outage?.as === 'refused' && outage.part !== 'backend'

import type { IncomingMessage, ServerResponse } from 'node:http'

import { receive, send } from './wire.ts'
import type { Fault, FaultRule, FaultChoice } from './fault.ts'

/** The rules in force; the first that fits a request hits it, and what none of them fits is left to the choice. */
export class Faults {
  readonly #rules: { readonly rule: FaultRule; left: number }[] = []
  #choice: FaultChoice = () => undefined

  add(rule: FaultRule): void {
    this.#rules.push({ rule, left: rule.times ?? Number.POSITIVE_INFINITY })
  }

  choose(choice: FaultChoice): void {
    this.#choice = choice
  }

  clear(): void {
    this.#rules.length = 0
    this.#choice = () => undefined
  }

  take(method: string, url: string): Fault | undefined {
    const hit = this.#rules.find(
      ({ rule, left }) =>
        left > 0 && (rule.method ?? method) === method && (rule.path === undefined || rule.path.test(url)),
    )
    if (hit === undefined) return this.#choice(method, url)
    hit.left--
    return hit.rule.fault
  }
}

/** Does the faults that come before any work; true when the request is dealt with. */
export async function failBefore(
  fault: Fault,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  switch (fault.kind) {
    case 'status':
      await receive(request)
      send(response, {
        status: fault.status,
        headers: { 'content-type': 'application/json', ...fault.headers },
        body: Buffer.from(fault.body ?? ''),
      })
      return true
    case 'early-status':
      response.writeHead(fault.status, { 'content-type': 'text/html', connection: 'close' })
      response.end(fault.body)
      return true
    case 'drop':
      request.socket.destroy()
      return true
    case 'raw':
      await receive(request)
      request.socket.end(fault.answer)
      return true
    case 'html':
      await receive(request)
      send(response, {
        status: 200,
        headers: { 'content-type': 'text/html; charset=utf-8' },
        body: Buffer.from('<!doctype html><html><head><title>Sign in</title></head></html>'),
      })
      return true
    case 'informational':
      if (fault.status === 100) response.writeContinue()
      else if (fault.status === 102) response.writeProcessing()
      else response.writeEarlyHints({ link: '</v2/>; rel=preload' })
      return false
    case 'stall':
      return fault.after === undefined
    default:
      return false
  }
}

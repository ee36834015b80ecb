import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

import type { RegistryName } from '../stack/registries.ts'
import { registry } from './workbench.ts'

/** The requests to one repository that a registry's own log tells of, as `METHOD /path STATUS`. */
export interface RequestLog {
  /** Those that came since the last time. A registry may write a line after its client has the answer and is gone. */
  fresh(): Promise<readonly string[]>
}

/** For how long nothing more is written when all is, in milliseconds. */
const QUIET = 200

/** Reads from now on; distribution and docker-registry log each request when it is answered. */
export function openRequestLog(name: RegistryName, repository: string): RequestLog {
  const path = `/v2/${repository.slice(repository.indexOf('/') + 1)}/`
  const read = (): string => readFileSync(registry(name).log, 'utf8')
  let seen = read().length
  return {
    async fresh() {
      let text = read()
      for (let before = -1; before !== text.length; text = read()) {
        before = text.length
        await delay(QUIET)
      }
      const lines = [...text.slice(seen).matchAll(/"([A-Z]+) (\/v2\/\S+) HTTP\/1\.1" (\d+)/g)]
      seen = text.length
      return lines
        .map(([, method, url, status]) => `${method} ${url} ${status}`)
        .filter((line) => line.includes(path))
    },
  }
}

import { readFileSync } from 'node:fs'

import type { RegistryName } from '../stack/registries.ts'
import { registry } from './workbench.ts'

/** The requests to one repository that a registry's own log tells of, as `METHOD /path STATUS`. */
export interface RequestLog {
  /** Those that came since the last time. */
  fresh(): readonly string[]
}

/** Reads from now on; distribution and docker-registry log each request when it is answered. */
export function openRequestLog(name: RegistryName, repository: string): RequestLog {
  const path = `/v2/${repository.slice(repository.indexOf('/') + 1)}/`
  const read = (): string => readFileSync(registry(name).log, 'utf8')
  let seen = read().length
  return {
    fresh() {
      const text = read()
      const lines = [...text.slice(seen).matchAll(/"([A-Z]+) (\/v2\/\S+) HTTP\/1\.1" (\d+)/g)]
      seen = text.length
      return lines
        .map(([, method, url, status]) => `${method} ${url} ${status}`)
        .filter((line) => line.includes(path))
    },
  }
}

import { TomlError, parse } from 'smol-toml'

import { WasmpackError } from '../../errors.ts'
import { printable } from '../../printable.ts'
import { quoteLocation } from '../../redacted.ts'
import { normalizeRegistryHost } from '../../hosts/registry-host.ts'
import { isRecord } from '../../json.ts'
import { type RegistryReference, parseReference } from '../reference.ts'
import type { Mirror } from '../target.ts'
import { toWireRepository } from './credentials/credential.ts'

/** The locations of a repository: its mirrors in order, and its primary location. */
export interface Locations {
  readonly mirrors: readonly { readonly reference: RegistryReference; readonly serves: Mirror['serves'] }[]
  readonly primary: RegistryReference
}

interface RegistryRule {
  readonly file: string
  /** A `*.` prefix matches all subdomains. */
  readonly prefix: string
  readonly location: string | undefined
  readonly blocked: boolean
  readonly mirrors: readonly { readonly location: string; readonly serves: Mirror['serves'] }[]
}

interface ConfFile {
  /** For messages. */
  readonly name: string
  readonly text: string
}

const RULE_KEYS = ['prefix', 'location', 'insecure', 'blocked', 'mirror', 'mirror-by-digest-only', 'proxy']
const MIRROR_KEYS = ['location', 'insecure', 'pull-from-mirror', 'proxy']
const SERVES: ReadonlySet<unknown> = new Set(['all', 'digest-only', 'tag-only'])
/** `host[:port][/namespace...]`, without scheme, tag and digest. */
const LOCATION = /^[a-z0-9.-]+(?::\d{1,5})?(?:\/[a-z0-9._-]+)*$/i
const BELOW = /^\*\.[a-z0-9.-]+$/i

/**
 * The rules of registries configuration files of version 2, which map repositories to locations. A later rule overrides an earlier
 * one with the same prefix. https://github.com/containers/image/blob/main/docs/containers-registries.conf.5.md
 */
export class RegistriesConf {
  readonly #rules = new Map<string, RegistryRule>()

  /** Throws REGISTRIES_INVALID for a malformed file, and for settings that wasmpack does not support. */
  constructor(files: readonly ConfFile[]) {
    for (const file of files) for (const rule of parseRules(file)) this.#rules.set(rule.prefix, rule)
  }

  /**
   * The locations of a repository; undefined without a rule. The longest prefix wins. Throws REGISTRY_REFUSED for a blocked
   * repository.
   */
  locate({ registry, repository }: RegistryReference): Locations | undefined {
    const host = normalizeRegistryHost(registry)
    const name = `${host}/${toWireRepository(registry, repository)}`
    let rule: RegistryRule | undefined
    for (const each of this.#rules.values())
      if (matchesPrefix(each.prefix, host, name) && measurePrefix(each) > measurePrefix(rule)) rule = each
    if (rule === undefined) return undefined
    const { prefix } = rule
    const matched = prefix.startsWith('*.') ? host.length : prefix.length
    if (rule.blocked)
      throw new WasmpackError(
        'REGISTRY_REFUSED',
        `${host}/${repository} is blocked by ${printable(rule.file)}`,
        {
          hint: `its entry for ${rule.prefix} has blocked = true: ask the administrator of that file`,
        },
      )
    const at = (location: string): RegistryReference =>
      parseReference(location + name.slice(matched)) as RegistryReference
    return {
      mirrors: rule.mirrors.map(({ location, serves }) => ({ reference: at(location), serves })),
      primary: rule.location === undefined ? { kind: 'registry', registry, repository } : at(rule.location),
    }
  }
}

/** The length of a prefix; a name is longer than a wildcard that matches it. */
const measurePrefix = (rule: RegistryRule | undefined): number => (rule?.prefix ?? '').replace('*', '').length

const matchesPrefix = (prefix: string, host: string, name: string): boolean =>
  prefix.startsWith('*.') ? host.endsWith(prefix.slice(1)) : name === prefix || name.startsWith(`${prefix}/`)

/** With one spelling of its host. */
function normalizePrefix(prefix: string): string {
  if (prefix.startsWith('*.')) return prefix.toLowerCase()
  const [host, ...path] = prefix.toLowerCase().split('/') as [string, ...string[]]
  return [normalizeRegistryHost(host), ...path].join('/')
}

function parseRules({ name, text }: ConfFile): readonly RegistryRule[] {
  const invalid = (problem: string, cause?: unknown): WasmpackError =>
    new WasmpackError('REGISTRIES_INVALID', `${printable(name)} ${problem}`, {
      hint: 'see containers-registries.conf(5); or pass another file with --registries-conf (/dev/null for none)',
      cause,
    })
  let document: unknown
  try {
    document = parse(text)
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause
    throw invalid(`is not valid TOML: line ${cause.line}, column ${cause.column}`, cause)
  }
  if (!isRecord(document)) throw invalid('is not a table')
  if (document['registries'] !== undefined) throw invalid('has format version 1, which is not supported')
  const tables = document['registry'] ?? []
  if (!Array.isArray(tables)) throw invalid('has a registry that is not a [[registry]] table')
  const seen = new Set<string>()
  return tables.map((table: unknown, at) => {
    const rule = parseRule(name, table, (problem) => invalid(`[[registry]] ${at + 1}: ${problem}`))
    if (seen.has(rule.prefix)) throw invalid(`has the prefix ${rule.prefix} twice`)
    seen.add(rule.prefix)
    return rule
  })
}

type Invalid = (problem: string) => WasmpackError

function parseRule(file: string, table: unknown, invalid: Invalid): RegistryRule {
  const read = createTableReader(table, RULE_KEYS, invalid)
  const location = read.location('location')
  const prefix = read.text('prefix')?.replace(/\/$/, '') || location
  if (prefix === undefined) throw invalid('prefix and location are missing')
  if (!LOCATION.test(prefix) && !BELOW.test(prefix))
    throw invalid(`prefix ${quoteLocation(prefix)} is neither host[:port][/namespace] nor *.host`)
  if (location === undefined && !prefix.startsWith('*.')) throw invalid('location is missing')
  const byDigestOnly = read.flag('mirror-by-digest-only')
  const mirrors = read.list('mirror').map((mirror) => {
    const each = createTableReader(mirror, MIRROR_KEYS, invalid)
    const at = each.location('location')
    if (at === undefined) throw invalid('a mirror has no location')
    const serves = each.text('pull-from-mirror') || (byDigestOnly ? 'digest-only' : 'all')
    if (!SERVES.has(serves)) throw invalid(`pull-from-mirror is ${quoteLocation(serves)}`)
    if (byDigestOnly && serves !== 'digest-only')
      throw invalid('pull-from-mirror contradicts mirror-by-digest-only')
    return { location: at, serves: serves as Mirror['serves'] }
  })
  return { file, prefix: normalizePrefix(prefix), location, blocked: read.flag('blocked'), mirrors }
}

/** Reads typed values of a table; unknown keys are refused, since a misspelt rule would be ignored. */
function createTableReader(table: unknown, keys: readonly string[], invalid: Invalid) {
  if (!isRecord(table)) throw invalid('it is not a table')
  const unknown = Object.keys(table).find((key) => !keys.includes(key))
  if (unknown !== undefined) throw invalid(`unknown key ${quoteLocation(unknown)}`)
  const typed = <T>(key: string, type: string): T | undefined => {
    const value = table[key]
    if (value === undefined || typeof value === type) return value as T | undefined
    throw invalid(`${key} is not a ${type}`)
  }
  if (typed<string>('proxy', 'string')) throw invalid('proxy is not supported; set HTTPS_PROXY')
  typed<boolean>('insecure', 'boolean')
  return {
    text: (key: string) => typed<string>(key, 'string'),
    flag: (key: string) => typed<boolean>(key, 'boolean') === true,
    location(key: string): string | undefined {
      const text = typed<string>(key, 'string')?.replace(/\/$/, '') || undefined
      if (text !== undefined && !LOCATION.test(text))
        throw invalid(`${key} ${quoteLocation(text)} is not host[:port][/namespace]`)
      return text
    },
    list(key: string): readonly unknown[] {
      const value = table[key] ?? []
      if (!Array.isArray(value)) throw invalid(`${key} is not a list`)
      return value
    },
  }
}

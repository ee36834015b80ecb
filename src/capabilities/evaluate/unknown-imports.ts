import { printable } from '../../printable.ts'
import { classifyCoreImport } from '../catalog/catalog.ts'
import type { RequestedImport } from '../catalog/classify.ts'
import type { Finding } from './finding.ts'
import { HostInterfaces, createHostInterfaces } from './host-interfaces.ts'
import { describeImitation } from '../unknown/imitation.ts'
import type { GrantUsage } from './grant-usage.ts'
import type { CapabilitySpec } from '../manifest/manifest.ts'
import { describeOrigin, isForeignCode } from '../unknown/import-origin.ts'
import { type Provider, findProvider } from '../unknown/providers.ts'
import { isStringConstant } from '../catalog/string-constants.ts'
import { toYamlFlow } from '../../documents/yaml-flow.ts'
import { listFirst } from '../../listing.ts'

/** Evaluates imports that are not in the catalogue: denied unless `spec.hostInterfaces` grants them. */
export class UnknownImports {
  readonly #hosts: HostInterfaces
  readonly #usage: GrantUsage
  readonly #severity: Finding['severity']
  readonly #provided = new Map<Provider, RequestedImport[]>()
  /** String constants by their module. */
  readonly #constants = new Map<string, RequestedImport[]>()

  constructor({ hostInterfaces = [], onUnknownImport }: CapabilitySpec, usage: GrantUsage) {
    this.#hosts = new HostInterfaces(hostInterfaces)
    this.#usage = usage
    this.#severity = onUnknownImport === 'warn' ? 'warning' : 'error'
  }

  /** Findings for one import; imports of a known provider, and string constants, are collected for common findings. */
  judge(request: RequestedImport): Finding[] {
    const { match, entries } = this.#hosts.answer(request)
    const note = isStringConstant(request) ? undefined : 'what it does is up to the host'
    for (const index of entries) this.#usage.useHostInterface(index, request.shown, note)
    const imitation = match === 'granted' || match === 'none' ? describeImitation(request) : undefined
    if (imitation !== undefined) return [judgeImitation(request, imitation, match === 'granted')]
    if (match === 'granted') return []
    if (match === 'none' && !isKnownByAnotherKind(request)) return this.#judgeUngranted(request)
    const rule = match === 'none' ? 'wrong-kind' : match
    return [createImportFinding(request, rule, 'error', describeMismatch(rule, request))]
  }

  #judgeUngranted(request: RequestedImport): Finding[] {
    if (isStringConstant(request)) {
      const { module } = request.core
      const others = this.#constants.get(module)
      if (others === undefined) this.#constants.set(module, [request])
      else others.push(request)
      return []
    }
    if (isForeignCode(request))
      return [createImportFinding(request, 'foreign-code', 'error', describeOrigin(request))]
    const provider = request.from === 'core' ? findProvider(request.core) : undefined
    if (provider === undefined)
      return [createImportFinding(request, 'unknown-import', this.#severity, describeOrigin(request))]
    const others = this.#provided.get(provider)
    if (others === undefined) this.#provided.set(provider, [request])
    else others.push(request)
    return []
  }

  /** One finding for each provider, and for the string constants of each module, with all their imports. */
  judgeCollected(): Finding[] {
    const provided = [...this.#provided].map(([{ meaning }, requests]) =>
      requests.length === 1
        ? createImportFinding(requests[0]!, 'unknown-import', this.#severity, meaning)
        : createCommonFinding(requests, this.#severity, meaning),
    )
    const constants = [...this.#constants.values()].map((requests) => {
      if (requests.length === 1)
        return createImportFinding(
          requests[0]!,
          'unknown-import',
          this.#severity,
          describeOrigin(requests[0]!),
        )
      const grant = `hostInterfaces: [${toYamlFlow(createHostInterfaces(requests)[0])}]`
      return createCommonFinding(requests, this.#severity, CONSTANTS_MEANING, grant)
    })
    return provided.concat(constants)
  }
}

const CONSTANTS_MEANING = 'string constants, which JavaScript engines provide (importedStringConstants)'

const createCommonFinding = (
  requests: readonly RequestedImport[],
  severity: Finding['severity'],
  meaning: string,
  grant?: string,
): Finding => ({
  rule: 'unknown-import',
  severity,
  message: `${listNames(requests)}: ${meaning}`,
  import: requests[0]!.shown,
  imports: requests.length,
  ...(grant !== undefined && { grant }),
  offset: requests[0]!.offset,
})

const LISTED = 3

function listNames(requests: readonly RequestedImport[]): string {
  const names = requests.map(({ shown }) => shown)
  return names.length > LISTED
    ? listFirst(names, LISTED)
    : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

const createImportFinding = (
  request: RequestedImport,
  rule: Finding['rule'],
  severity: Finding['severity'],
  clause: string,
): Finding => ({
  rule,
  severity,
  message: `${request.shown}: ${clause}`,
  import: request.shown,
  grant: `hostInterfaces: [${toYamlFlow(createHostInterfaces([request])[0])}]`,
  offset: request.offset,
})

/** A grant of an imitation still gives a warning, since it may have been granted by mistake. */
const judgeImitation = (request: RequestedImport, imitation: string, isGranted: boolean): Finding => ({
  rule: 'look-alike',
  severity: isGranted ? 'warning' : 'error',
  message: `${request.shown}: ${imitation}${isGranted ? ', and is granted' : ''}`,
  import: request.shown,
  offset: request.offset,
})

/** For example `wasi_snapshot_preview1.fd_write` as a memory. */
const isKnownByAnotherKind = (request: RequestedImport): boolean =>
  request.from === 'core' && classifyCoreImport(request.core.module, request.core.name) !== undefined

function describeMismatch(match: 'wrong-kind' | 'wrong-type', request: RequestedImport): string {
  const kind = request.from === 'core' ? request.core.kind : request.kind
  return match === 'wrong-kind'
    ? `the name is known or granted, but not as a ${kind}`
    : `the name is granted with another type than ${request.from === 'core' ? printable(request.core.type) : kind}`
}

import { type Command, InvalidArgumentError, Option } from 'commander'

import type { RenderTarget } from '../../delivery/render.ts'
import { WasmpackError } from '../../errors.ts'
import { RUNTIME_HANDLERS, type RenderOptions, type TargetOption } from '../../gitops/render/target.ts'
import { formatRepository, type Reference } from '../../oci/reference.ts'
import { quoted } from '../../printable.ts'
import { collectValues } from './repeated.ts'

export interface RenderFlags {
  readonly name?: string
  readonly namespace?: string
  readonly replicas?: number
  readonly pullSecret?: string
  readonly runtimeClass?: string
  readonly workloadSelector?: readonly string[]
  readonly runtimeClassObject?: RenderOptions['runtimeClassObject']
  readonly dir?: readonly string[]
  readonly envoyVersion?: number
  readonly listener?: RenderOptions['listener']
  readonly restrict?: boolean
  readonly api?: RenderOptions['api']
  readonly network?: RenderOptions['network']
  readonly allowUnenforced?: readonly string[]
}

/** The flag of an option that only some targets have. */
const FLAGS: Readonly<Record<TargetOption, keyof RenderFlags>> = {
  namespace: 'namespace',
  replicas: 'replicas',
  pullSecret: 'pullSecret',
  runtimeClass: 'runtimeClass',
  workloadSelector: 'workloadSelector',
  runtimeClassObject: 'runtimeClassObject',
  directories: 'dir',
  envoyVersion: 'envoyVersion',
  listener: 'listener',
  restrict: 'restrict',
  api: 'api',
  network: 'network',
}

export const addRenderOptions = (command: Command): Command =>
  command
    .option('--name <name>', 'name of the objects (default: the last part of the repository)', parseName)
    .option('--namespace <namespace>', 'namespace of the objects', parseLabel)
    .option('--replicas <number>', 'number of pods (default: 1)', parseReplicas)
    .option('--pull-secret <name>', 'Secret to pull with', parseSubdomain)
    .option('--runtime-class <name>', 'RuntimeClass of the pods (default: the handler)', parseSubdomain)
    .addOption(
      new Option('--runtime-class-object <handler>', 'print the RuntimeClass too').choices(RUNTIME_HANDLERS),
    )
    .option(
      '--workload-selector <label=value>',
      'workloads that a filter is for (repeatable; all must match)',
      collectValues,
    )
    .addOption(
      new Option('--network <policy>', 'kind of the network policy (default: kubernetes)').choices([
        'kubernetes',
        'cilium',
      ]),
    )
    .option('--dir <guest=host>', 'directory of the host for a granted directory (repeatable)', collectValues)
    .option(
      '--envoy-version <version>',
      'version of Envoy that reads the filter, such as 1.40',
      parseEnvoyVersion,
    )
    .addOption(
      new Option('--listener <filter>', 'kind of the filter (default: http)').choices(['http', 'network']),
    )
    .option('--restrict', 'print an EnvoyFilter, which restricts the filter, for Istio')
    .addOption(
      new Option('--api <kind>', 'kind of the object for Istio (default: wasmplugin)').choices([
        'wasmplugin',
        'trafficextension',
      ]),
    )
    .option(
      '--allow-unenforced <grant>',
      'accept that nothing enforces this grant or limit (repeatable)',
      collectValues,
    )

/** Throws USAGE for a flag that the target does not have. */
export function readRenderOptions(
  flags: RenderFlags,
  target: RenderTarget,
  reference: Reference,
): RenderOptions {
  for (const [option, flag] of Object.entries(FLAGS) as [TargetOption, keyof RenderFlags][])
    if (flags[flag] !== undefined && !target.options.includes(option))
      throw new WasmpackError('USAGE', `${formatFlag(flag)} is not for the target ${target.name}`, {
        hint:
          target.options.length === 0
            ? 'omit it'
            : `its own flags are ${target.options.map((one) => formatFlag(FLAGS[one])).join(', ')}`,
      })
  return {
    name: flags.name ?? deriveName(reference),
    namespace: flags.namespace,
    replicas: flags.replicas,
    pullSecret: flags.pullSecret,
    runtimeClass: flags.runtimeClass,
    runtimeClassObject: flags.runtimeClassObject,
    envoyVersion: flags.envoyVersion,
    listener: flags.listener,
    restrict: flags.restrict,
    api: flags.api,
    network: flags.network,
    ...(flags.workloadSelector === undefined
      ? {}
      : { workloadSelector: Object.fromEntries(flags.workloadSelector.map(parseSelector)) }),
    ...(flags.dir === undefined ? {} : { directories: new Map(flags.dir.map(parseDirectory)) }),
  }
}

const formatFlag = (flag: string): string =>
  `--${flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

/** https://www.rfc-editor.org/rfc/rfc1035, as the names of Services are. */
const NAME = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/
/** https://www.rfc-editor.org/rfc/rfc1123 */
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

function parseName(text: string): string {
  if (NAME.test(text)) return text
  throw new InvalidArgumentError('Expected up to 63 lower-case letters, digits and hyphens, a letter first.')
}

function parseLabel(text: string): string {
  if (LABEL.test(text)) return text
  throw new InvalidArgumentError('Expected up to 63 lower-case letters, digits and hyphens.')
}

function parseSubdomain(text: string): string {
  if (text.length <= 253 && text.split('.').every((label) => LABEL.test(label))) return text
  throw new InvalidArgumentError('Expected lower-case letters, digits, hyphens and dots.')
}

function parseReplicas(text: string): number {
  if (/^(?:0|[1-9][0-9]{0,5})$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Expected a number from 0 to 999999.')
}

function parseEnvoyVersion(text: string): number {
  const found = /^v?1\.([1-9][0-9]{0,3})(?:\.[0-9]{1,4})?$/.exec(text)
  if (found) return Number(found[1])
  throw new InvalidArgumentError('Expected a version such as 1.40.')
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
function parseSelector(text: string): [string, string] {
  const found =
    /^((?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)=((?:[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?)$/.exec(
      text,
    )
  if (found) return [found[1]!, found[2]!]
  throw new WasmpackError('USAGE', `invalid --workload-selector ${quoted(text)}: expected LABEL=VALUE`, {
    hint: 'for example --workload-selector app=gateway',
  })
}

function parseDirectory(text: string): [string, string] {
  const equals = text.indexOf('=')
  const [guest, host] = [text.slice(0, equals), text.slice(equals + 1)]
  if (equals > 0 && host !== '') return [guest, host]
  throw new WasmpackError('USAGE', `invalid --dir ${quoted(text)}: expected GUEST=HOST`, {
    hint: 'for example --dir /data=./data',
  })
}

/** The last part of the repository, or of the path without its extension, as a name that objects may have. */
function deriveName(reference: Reference): string {
  const place =
    reference.kind === 'registry' ? formatRepository(reference) : reference.path.replace(/\.[^./\\]*$/, '')
  const words = place
    .slice(place.search(/[^/\\]*[/\\]*$/))
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
  const name = `${/^-*[0-9]/.test(words) ? 'wasm-' : ''}${words.replace(/^-+/, '')}`
    .slice(0, 63)
    .replace(/-+$/, '')
  if (NAME.test(name)) return name
  throw new WasmpackError('USAGE', `no name can be made from ${quoted(place)}`, { hint: 'pass --name NAME' })
}

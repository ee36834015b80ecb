import { listProxyWasmVersions } from '../../wasm/entry-points.ts'
import type { ModuleInspection } from '../../wasm/types/inspection.ts'
import { type Keepers, splitKept } from './enforcement.ts'
import { createMisfit } from './misfit.ts'
import type { RenderedObject, RenderRequest } from './target.ts'

/** https://github.com/proxy-wasm/proxy-wasm-cpp-host/blob/main/src/wasm.cc */
const VERSIONS = new Set(['0.1.0', '0.2.0', '0.2.1'])

/**
 * A module that Envoy starts with. Throws CAPABILITY_DENIED for any other: Envoy refuses its whole configuration for it, even if the
 * filter may fail.
 */
export function requireProxyFilter({ inspection }: RenderRequest, target: string): ModuleInspection {
  const misfit = (why: string, hint: string): never => {
    throw createMisfit(target, why, hint)
  }
  if (inspection.kind !== 'module')
    return misfit(
      inspection.kind === 'wit' ? 'it is a WIT package' : 'it is a component, and Envoy runs core modules',
      'build it as a proxy-wasm filter, with an SDK for Proxy-Wasm',
    )
  const versions = listProxyWasmVersions(inspection)
  if (versions.some((version) => VERSIONS.has(version))) return inspection
  return misfit(
    versions.length === 0
      ? 'it exports no proxy_abi_version_*'
      : `it speaks version ${versions.join(', ')} of the ABI, ${versions.includes('0.2.100') ? 'which only Higress does' : 'which Envoy does not'}`,
    'build it with an SDK for version 0.2.1 of the ABI',
  )
}

const RESTRICTED_MODULES: ReadonlySet<string> = new Set(['env', 'wasi_snapshot_preview1', 'wasi_unstable'])

/** No function has this name; an empty list would restrict nothing. */
const NO_FUNCTION = 'none'

/**
 * What the proxy lets the module call, and which of its callbacks it calls: without one of these the filter loads, nothing is logged and
 * every request passes by it. https://github.com/proxy-wasm/proxy-wasm-cpp-host/blob/main/src/wasm.cc
 */
export function listAllowedCapabilities({ imports, exports }: ModuleInspection): readonly string[] {
  const names = new Set([
    ...imports
      .filter(({ module, kind }) => kind === 'func' && RESTRICTED_MODULES.has(module))
      .map(({ name }) => name),
    ...exports
      .filter(({ name, kind }) => kind === 'func' && name.startsWith('proxy_on_'))
      .map(({ name }) => name),
  ])
  return names.size === 0 ? [NO_FUNCTION] : [...names].toSorted()
}

/** The `PluginConfig` of a filter, with its restriction where the version of Envoy reads it. */
export function createPluginConfig(
  module: ModuleInspection,
  { bounds, options }: RenderRequest,
  code: RenderedObject,
  envoyVersion: number,
): RenderedObject {
  const restriction = {
    capability_restriction_config: {
      allowed_capabilities: Object.fromEntries(listAllowedCapabilities(module).map((name) => [name, {}])),
    },
  }
  const variables = (bounds.grants.env?.names ?? []).filter((name) => !name.endsWith('*')).toSorted()
  const isInVm = envoyVersion >= VM_RESTRICTION
  return {
    name: options.name,
    failure_policy: 'FAIL_CLOSED',
    ...(isInVm ? {} : restriction),
    vm_config: {
      vm_id: options.name,
      runtime: 'envoy.wasm.runtime.v8',
      code,
      ...(variables.length === 0 ? {} : { environment_variables: { host_env_keys: variables } }),
      ...(isInVm ? restriction : {}),
    },
  }
}

/** The minor version of Envoy 1 from which on the restriction stands in `vm_config`. */
export const VM_RESTRICTION = 40

/**
 * What a proxy keeps of WASI, whatever its configuration says: it opens no file, reads no stream, and writes both others to its log.
 * https://github.com/proxy-wasm/proxy-wasm-cpp-host/blob/main/src/exports.cc
 */
const PROXY_KEEPERS: Keepers = {
  filesystem: () => [{ by: 'runtime', note: 'the proxy opens no file for a filter' }],
  stdio: ({ items }) =>
    items.includes('stdout') && items.includes('stderr')
      ? [{ by: 'runtime', note: 'the proxy reads no stream, and logs what is written' }]
      : [{ by: 'nobody', note: 'the proxy logs what is written to standard output and error' }],
}

/** What a proxy keeps without a restriction; `variables` is the field that passes them. */
export const createProxyKeepers = (variables: string): Keepers => ({
  ...PROXY_KEEPERS,
  env: createEnvironmentKeeper(variables),
})

/** What the restriction and the variables keep; `at` is the field of the plugin's configuration. */
export const createFilterKeepers = (at: string, envoyVersion: number): Keepers => ({
  proxy: () => [
    {
      by: 'object',
      field: `${at}${envoyVersion >= VM_RESTRICTION ? '.vm_config' : ''}.capability_restriction_config`,
    },
  ],
  ...createProxyKeepers(`${at}.vm_config.environment_variables`),
})

/** A proxy passes variables by their whole names, and none besides. */
const createEnvironmentKeeper =
  (field: string): Keepers[string] =>
  ({ items }) =>
    splitKept(
      items,
      (item) => !item.endsWith('*'),
      { by: 'object', field },
      { by: 'nobody', note: 'variables are passed by their whole names' },
    )

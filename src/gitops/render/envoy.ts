import {
  createFilterKeepers,
  createPluginConfig,
  requireProxyFilter,
  VM_RESTRICTION,
} from './proxy-filter.ts'
import type { RenderTarget } from './target.ts'

/**
 * A filter for the configuration of Envoy, with the module in a local file.
 * https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/wasm_filter
 */
export const ENVOY_TARGET: RenderTarget = {
  name: 'envoy',
  forms: 'any',
  profile: 'wasm',
  readsFile: true,
  options: ['envoyVersion', 'listener'],
  render: (request) => {
    const module = requireProxyFilter(request, 'envoy')
    const { options } = request
    const { envoyVersion = VM_RESTRICTION, listener = 'http' } = options
    const code = { local: { filename: `${options.name}.wasm` } }
    return {
      kind: 'configuration',
      configuration: {
        name: `envoy.filters.${listener}.wasm`,
        typed_config: {
          '@type': `type.googleapis.com/envoy.extensions.filters.${listener}.wasm.v3.Wasm`,
          config: createPluginConfig(module, request, code, envoyVersion),
        },
      },
    }
  },
  keep: ({ options: { envoyVersion = VM_RESTRICTION } }) =>
    createFilterKeepers('typed_config.config', envoyVersion),
}

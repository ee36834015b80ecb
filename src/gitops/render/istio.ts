import { WasmpackError } from '../../errors.ts'
import { createObject, formatImage, formatSha256 } from './kubernetes.ts'
import {
  createProxyKeepers,
  createFilterKeepers,
  createPluginConfig,
  requireProxyFilter,
} from './proxy-filter.ts'
import { requireSelector } from './selector.ts'
import type { RenderedObject, RenderRequest, RenderTarget } from './target.ts'

/** What Istio's proxies up to 1.31 are built from: the newer field would be ignored there. */
const ENVOY_VERSION = 39

const WASM_TYPE = 'type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm'

/** What the agent of the proxy puts in place of a module that it cannot fetch, so that every request is denied. */
const FALLBACK_TYPE = 'type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC'

/** WasmPlugin, TrafficExtension, or with a restriction an EnvoyFilter: https://istio.io/latest/docs/reference/config/proxy_extensions/ */
export const ISTIO_TARGET: RenderTarget = {
  name: 'istio',
  forms: ['image', 'proxy-wasm'],
  profile: 'image',
  options: ['namespace', 'pullSecret', 'workloadSelector', 'api', 'restrict', 'envoyVersion'],
  render: (request) => {
    const { options } = request
    const matchLabels = requireSelector(options, 'istio')
    if (options.restrict === true) return renderRestricted(request, matchLabels)
    requireProxyFilter(request, 'istio')
    if (options.envoyVersion !== undefined)
      throw new WasmpackError('USAGE', '--envoy-version says where a restriction stands, and there is none', {
        hint: 'add --restrict, or omit --envoy-version',
      })
    const isExtension = options.api === 'trafficextension'
    const plugin = createPlugin(request)
    return {
      kind: 'objects',
      objects: [
        createObject(
          'extensions.istio.io/v1alpha1',
          isExtension ? 'TrafficExtension' : 'WasmPlugin',
          options,
          {
            spec: { selector: { matchLabels }, ...(isExtension ? { wasm: plugin } : plugin) },
          },
        ),
      ],
    }
  },
  keep: ({ options: { restrict, api, envoyVersion = ENVOY_VERSION } }) =>
    restrict === true
      ? createFilterKeepers('EnvoyFilter spec.configPatches[1].patch.value.typed_config.config', envoyVersion)
      : createProxyKeepers(
          `${api === 'trafficextension' ? 'TrafficExtension spec.wasm' : 'WasmPlugin spec'}.vmConfig.env`,
        ),
}

function createPlugin({ reference, bounds, options }: RenderRequest): RenderedObject {
  const variables = (bounds.grants.env?.names ?? []).filter((name) => !name.endsWith('*')).toSorted()
  return {
    url: `oci://${formatImage(reference)}`,
    // Of the manifest, not of the module.
    sha256: formatSha256(reference, 'istio'),
    imagePullPolicy: 'IfNotPresent',
    ...(options.pullSecret === undefined ? {} : { imagePullSecret: options.pullSecret }),
    failStrategy: 'FAIL_CLOSE',
    ...(variables.length === 0
      ? {}
      : { vmConfig: { env: variables.map((name) => ({ name, valueFrom: 'HOST' })) } }),
  }
}

/**
 * An EnvoyFilter whose module the agent of the proxy fetches: neither WasmPlugin nor TrafficExtension can restrict
 * (https://github.com/istio/api/issues/2797).
 */
function renderRestricted(
  request: RenderRequest,
  labels: Readonly<Record<string, string>>,
): ReturnType<RenderTarget['render']> {
  const module = requireProxyFilter(request, 'istio')
  const { reference, options } = request
  const { name, envoyVersion = ENVOY_VERSION } = options
  const refused =
    options.pullSecret === undefined ? (options.api === undefined ? undefined : '--api') : '--pull-secret'
  if (refused !== undefined)
    throw new WasmpackError('USAGE', `${refused} cannot be used with --restrict`, {
      hint:
        refused === '--api'
          ? 'a restriction is an EnvoyFilter: omit --api'
          : "Istio hands pull secrets to proxies for WasmPlugin and TrafficExtension alone: let the proxies' nodes pull without one, or omit --restrict",
    })
  const code = {
    remote: {
      http_uri: { uri: `oci://${formatImage(reference)}`, timeout: '30s' },
      sha256: formatSha256(reference, 'istio'),
    },
  }
  return {
    kind: 'objects',
    objects: [
      createObject('networking.istio.io/v1alpha3', 'EnvoyFilter', options, {
        spec: {
          workloadSelector: { labels },
          configPatches: [
            {
              applyTo: 'HTTP_FILTER',
              match: {
                listener: {
                  filterChain: {
                    filter: {
                      name: 'envoy.filters.network.http_connection_manager',
                      subFilter: { name: 'envoy.filters.http.router' },
                    },
                  },
                },
              },
              patch: {
                operation: 'INSERT_BEFORE',
                value: {
                  name,
                  config_discovery: {
                    config_source: { ads: {}, initial_fetch_timeout: '0s', resource_api_version: 'V3' },
                    type_urls: [WASM_TYPE, FALLBACK_TYPE],
                  },
                },
              },
            },
            {
              applyTo: 'EXTENSION_CONFIG',
              patch: {
                operation: 'ADD',
                value: {
                  name,
                  typed_config: {
                    '@type': WASM_TYPE,
                    config: createPluginConfig(module, request, code, envoyVersion),
                  },
                },
              },
            },
          ],
        },
      }),
    ],
  }
}

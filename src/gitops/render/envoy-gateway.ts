import { createObject, formatImage, formatSha256 } from './kubernetes.ts'
import { createProxyKeepers, requireProxyFilter } from './proxy-filter.ts'
import { requireSelector } from './selector.ts'
import type { RenderTarget } from './target.ts'

/**
 * An EnvoyExtensionPolicy with this filter alone: one that fails invalidates all that share its policy
 * (https://github.com/envoyproxy/gateway/issues/7886).
 */
export const ENVOY_GATEWAY_TARGET: RenderTarget = {
  name: 'envoy-gateway',
  forms: ['image', 'proxy-wasm'],
  profile: 'image',
  options: ['namespace', 'pullSecret', 'workloadSelector'],
  render: (request) => {
    const matchLabels = requireSelector(request.options, 'envoy-gateway')
    requireProxyFilter(request, 'envoy-gateway')
    const { reference, bounds, options } = request
    const variables = (bounds.grants.env?.names ?? []).filter((name) => !name.endsWith('*')).toSorted()
    return {
      kind: 'objects',
      objects: [
        createObject('gateway.envoyproxy.io/v1alpha1', 'EnvoyExtensionPolicy', options, {
          spec: {
            targetSelectors: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', matchLabels }],
            wasm: [
              {
                name: options.name,
                failOpen: false,
                code: {
                  type: 'Image',
                  image: {
                    url: formatImage(reference),
                    // Of the manifest, not of the module.
                    sha256: formatSha256(reference, 'envoy-gateway'),
                    ...(options.pullSecret === undefined
                      ? {}
                      : { pullSecretRef: { name: options.pullSecret } }),
                  },
                },
                ...(variables.length === 0 ? {} : { env: { hostKeys: variables } }),
              },
            ],
          },
        }),
      ],
    }
  },
  keep: () => createProxyKeepers('EnvoyExtensionPolicy spec.wasm[0].env.hostKeys'),
}

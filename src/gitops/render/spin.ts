import { createObject, formatImage } from './kubernetes.ts'
import { createMisfit } from './misfit.ts'
import type { RenderTarget } from './target.ts'

/** A SpinApp of one component: https://www.spinkube.dev/docs/reference/spin-app/ */
export const SPIN_TARGET: RenderTarget = {
  name: 'spin',
  forms: ['wasm'],
  profile: 'wasm',
  options: ['namespace', 'replicas', 'pullSecret'],
  render: ({ reference, inspection, options }) => {
    if (inspection.kind !== 'component')
      throw createMisfit('spin', 'it is not a component', 'build it for wasm32-wasip2')
    return {
      kind: 'objects',
      objects: [
        createObject('core.spinkube.dev/v1alpha1', 'SpinApp', options, {
          spec: {
            image: formatImage(reference),
            executor: 'containerd-shim-spin',
            replicas: options.replicas ?? 1,
            ...(options.pullSecret === undefined ? {} : { imagePullSecrets: [{ name: options.pullSecret }] }),
          },
        }),
      ],
      notes: ['the object is checked against the schema of SpinApp, and no test runs it'],
    }
  },
  keep: () => ({}),
}

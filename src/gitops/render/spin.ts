import { createObject, formatImage } from './kubernetes.ts'
import { createMisfit, noteWasi3 } from './misfit.ts'
import type { RenderTarget } from './target.ts'

/** What its trigger for HTTP calls: of WASI 0.2, 0.3 and Spin 1. */
const HANDLER = /^(?:wasi:http\/(?:incoming-)?handler|fermyon:spin\/inbound-http)(?:@|$)/

/** A SpinApp of one component: https://www.spinkube.dev/docs/reference/spin-app/ */
export const SPIN_TARGET: RenderTarget = {
  name: 'spin',
  forms: ['wasm'],
  profile: 'wasm',
  options: ['namespace', 'replicas', 'pullSecret'],
  render: ({ reference, inspection, options }) => {
    if (inspection.kind !== 'component')
      throw createMisfit('spin', 'it is not a component', 'build it for wasm32-wasip2')
    if (!inspection.exports.some(({ name }) => HANDLER.test(name)))
      throw createMisfit(
        'spin',
        'it exports no HTTP handler, and the shim serves a single component over HTTP',
        'export wasi:http/incoming-handler, or publish a Spin application',
      )
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
      notes: [
        'the object is checked against the schema of SpinApp, and no test runs it',
        ...noteWasi3(inspection, 'of which Spin 4 has a release candidate by its documentation'),
      ],
    }
  },
  keep: () => ({}),
}

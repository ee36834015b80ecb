import { createObject, formatImage } from './kubernetes.ts'
import { createMisfit } from './misfit.ts'
import type { RenderTarget } from './target.ts'

/** A ClusterAdmissionPolicy that applies to nothing yet: https://docs.kubewarden.io/reference/CRDs */
export const KUBEWARDEN_TARGET: RenderTarget = {
  name: 'kubewarden',
  forms: ['legacy'],
  profile: 'legacy',
  options: [],
  render: ({ reference, inspection, options }) => {
    if (inspection.kind !== 'module')
      throw createMisfit('kubewarden', 'it is not a core module', 'build it for wasm32-wasip1')
    return {
      kind: 'objects',
      objects: [
        createObject(
          'policies.kubewarden.io/v1',
          'ClusterAdmissionPolicy',
          options,
          // Which requests it is for is in the policy's own documentation; without rules it sees none.
          { spec: { module: `registry://${formatImage(reference)}`, mutating: false, rules: [] } },
          options,
        ),
      ],
      notes: [
        'add the rules of the policy: without any it is asked about nothing',
        'the object is checked against the schema of ClusterAdmissionPolicy, and no test runs it',
      ],
    }
  },
  keep: () => ({}),
}

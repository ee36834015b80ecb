import type { GrantKey } from '../capabilities/manifest/grant-table.ts'
import type { RuntimeGrant } from '../capabilities/explain/explain-import.ts'
import { ENVOY } from './runtimes/envoy.ts'
import { EXTISM } from './runtimes/extism.ts'
import { KUBEWARDEN } from './runtimes/kubewarden.ts'
import { DESCRIBED_GRANTS, type DescribedGrant, type Runtime } from './runtimes/runtime.ts'
import { SPIN } from './runtimes/spin.ts'
import { WASMCLOUD } from './runtimes/wasmcloud.ts'
import { WASMEDGE } from './runtimes/wasmedge.ts'
import { WASMTIME } from './runtimes/wasmtime.ts'
import { WASSETTE } from './runtimes/wassette.ts'

const RUNTIMES: readonly Runtime[] = [
  WASMTIME,
  WASMEDGE,
  SPIN,
  WASMCLOUD,
  EXTISM,
  WASSETTE,
  ENVOY,
  KUBEWARDEN,
]

/** The entry of {@link DESCRIBED_GRANTS} for a grant: itself or its group. */
export const findDescribedGrant = (key: GrantKey): DescribedGrant | undefined =>
  [key, key.split('.')[0]!].flatMap((name) => DESCRIBED_GRANTS.filter((grant) => grant === name))[0]

/** The flag or setting of each runtime for a grant. */
export const listRuntimeGrants = (grant: DescribedGrant): readonly RuntimeGrant[] =>
  RUNTIMES.flatMap(({ name, grants }) => {
    const how = grants[grant]
    return how === undefined ? [] : [{ runtime: name, how }]
  })

/** As {@link listRuntimeGrants}, for several grants. */
export const describeRuntimes = (keys: readonly GrantKey[]): readonly RuntimeGrant[] =>
  [...new Set(keys.map(findDescribedGrant))].flatMap((grant) =>
    grant === undefined ? [] : listRuntimeGrants(grant),
  )

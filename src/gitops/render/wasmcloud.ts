import type { ComponentInspection } from '../../wasm/types/inspection.ts'
import { type Keepers, splitKept } from './enforcement.ts'
import { createObject, formatImage } from './kubernetes.ts'
import { createMisfit, noteWasi3 } from './misfit.ts'
import type { RenderedObject, RenderTarget } from './target.ts'

/** What a host has by itself; everything else is routed to a plug-in. */
const BUILT_IN: ReadonlySet<string> = new Set(
  ['cli', 'clocks', 'filesystem', 'io', 'random', 'sockets'].map((name) => `wasi:${name}`),
)

/** The hosts and names that its schema has a form for: no addresses of version 6, no ranges, no ports but one. */
const HOST =
  /^(?:https?:\/\/)?(?:\*\.)?[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*(?::[0-9]{1,5})?$/
const NAME =
  /^(?:\*\.)?[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/

const RESOURCES = 'WorkloadDeployment spec.template.spec.components[0].localResources'
const NO_FORM = { by: 'nobody', note: 'its list of hosts has no form for it' } as const

/** A WorkloadDeployment: https://github.com/wasmCloud/wasmCloud/tree/main/charts/runtime-operator */
export const WASMCLOUD_TARGET: RenderTarget = {
  name: 'wasmcloud',
  forms: ['wasm'],
  profile: 'wasm',
  options: ['namespace', 'replicas', 'pullSecret'],
  render: ({ reference, inspection, bounds, options }) => {
    if (inspection.kind !== 'component')
      throw createMisfit(
        'wasmcloud',
        'it is not a component; wasmCloud would fetch it and fail to start it',
        'build it for wasm32-wasip2',
      )
    const { http, sockets } = bounds.grants
    const hosts = [...(http?.outgoing?.hosts ?? []), ...(sockets?.tcp?.connect ?? [])].filter((host) =>
      HOST.test(host),
    )
    const names = (sockets?.dns ?? []).filter(isName)
    return {
      kind: 'objects',
      objects: [
        createObject('runtime.wasmcloud.dev/v1alpha1', 'WorkloadDeployment', options, {
          spec: {
            replicas: options.replicas ?? 1,
            template: {
              spec: {
                hostInterfaces: listHostInterfaces(inspection),
                components: [
                  {
                    name: options.name,
                    image: formatImage(reference),
                    imagePullPolicy: 'IfNotPresent',
                    ...(options.pullSecret === undefined
                      ? {}
                      : { imagePullSecret: { name: options.pullSecret } }),
                    localResources: {
                      allowedHosts: [...new Set(hosts)].toSorted(),
                      allowedIpNameLookups: [...new Set(names)].toSorted(),
                    },
                  },
                ],
              },
            },
          },
        }),
      ],
      notes: [
        'the object is checked against the schema of WorkloadDeployment, and no test runs it',
        ...noteWasi3(inspection, 'which wasmCloud has from 2.5 on by its documentation'),
      ],
    }
  },
  keep: () => KEEPERS,
}

const isName = (name: string): boolean => name === '*' || NAME.test(name)

const KEEPERS: Keepers = {
  'http.outgoing': ({ items }) =>
    splitKept(
      items,
      (item) => HOST.test(item),
      { by: 'object', field: `${RESOURCES}.allowedHosts` },
      NO_FORM,
    ),
  'sockets.tcp': ({ items }) =>
    splitKept(
      items,
      (item) => item.startsWith('connect ') && HOST.test(item.slice('connect '.length)),
      { by: 'object', field: `${RESOURCES}.allowedHosts` },
      NO_FORM,
    ),
  'sockets.dns': ({ items }) =>
    splitKept(items, isName, { by: 'object', field: `${RESOURCES}.allowedIpNameLookups` }, NO_FORM),
  // Nothing is passed: values are for the user to add.
  env: ({ items }) => (items.length === 0 ? [{ by: 'object', field: `${RESOURCES}.environment` }] : []),
  filesystem: ({ items }) =>
    items.length === 0 ? [{ by: 'object', field: `${RESOURCES}.volumeMounts` }] : [],
  hostInterfaces: () => [{ by: 'object', field: 'WorkloadDeployment spec.template.spec.hostInterfaces' }],
}

/** One entry for each package and version that is not built in, with the interfaces that the component imports, and what serves HTTP. */
function listHostInterfaces({ imports, exports }: ComponentInspection): readonly RenderedObject[] {
  const found = new Map<
    string,
    { namespace: string; package: string; version?: string; interfaces: string[] }
  >()
  for (const { name, implements: target } of [...imports, ...exports]) {
    const parsed = /^([a-z0-9-]+):([a-z0-9-]+)\/([a-z0-9-]+)(?:@(.+))?$/.exec(target ?? name)
    if (!parsed) continue
    const [, namespace, owner, face, version] = parsed as unknown as [string, string, string, string, string?]
    if (BUILT_IN.has(`${namespace}:${owner}`)) continue
    const key = `${namespace}:${owner}@${version ?? ''}`
    const entry = found.get(key) ?? {
      namespace,
      package: owner,
      ...(version === undefined ? {} : { version }),
      interfaces: [],
    }
    if (!entry.interfaces.includes(face)) entry.interfaces.push(face)
    found.set(key, entry)
  }
  for (const { interfaces } of found.values()) interfaces.sort()
  return [...found.keys()].toSorted().map((key) => found.get(key)!)
}

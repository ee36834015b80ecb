import { parseHttpEndpoints } from '../../capabilities/values/endpoint.ts'
import type { Directory } from '../../capabilities/values/path.ts'
import type { Bound, Bounds } from './bounds.ts'
import { type Keepers, keepEach, type Kept, splitKept } from './enforcement.ts'
import { createObject, formatImage, selectPods } from './kubernetes.ts'
import { createMisfit, requireWasiRole, WASI } from './misfit.ts'
import { createCiliumPolicy, createNetworkPolicy, HTTP_PORT } from './network-policy.ts'
import { PAGE } from './page.ts'
import { listLookedUp } from './peers.ts'
import type { RenderedObject, RenderRequest, RenderTarget } from './target.ts'

/** The Wasmtime of the shim has no newer WASI. */
const LINKED = { ...WASI, isOlder: true } as const

/** In bytes: what a shim needs beside the memory of the module. */
const SHIM_MEMORY = 64 * 1024 * 1024
const MIB = 1024 * 1024

/** Of the distroless images, which nothing on a node is owned by. */
const USER = 65_532

/** Names that a pod and the keys of a ConfigMap have in common. */
const POD_VARIABLE = /^[A-Za-z_.-][A-Za-z0-9_.-]*$/

const CONTAINER = 'Deployment spec.template.spec.containers[0]'

/**
 * A Deployment for containerd with runwasi. The shims keep nothing themselves: they open all of the container's file system, inherit the
 * network and all variables (https://github.com/containerd/runwasi/issues/413), so everything here is for the pod to keep.
 */
export const RUNWASI_TARGET: RenderTarget = {
  name: 'runwasi',
  forms: ['wasm'],
  profile: 'wasm',
  options: ['namespace', 'replicas', 'pullSecret', 'runtimeClass', 'runtimeClassObject', 'network'],
  render: (request) => {
    const { inspection, options } = request
    const handler = options.runtimeClassObject ?? 'wasmtime'
    if (inspection.kind === 'component' && handler !== 'wasmtime')
      throw createMisfit(
        `runwasi's ${handler}`,
        'it is a component, and that shim runs core modules',
        'use the handler wasmtime',
      )
    const serves = requireWasiRole(request, LINKED, 'runwasi') === 'server'
    const network = options.network === 'cilium' ? createCiliumPolicy : createNetworkPolicy
    const runtimeClass = options.runtimeClass ?? handler
    return {
      kind: 'objects',
      objects: [
        createDeployment(request, runtimeClass, serves),
        network(request, serves),
        ...(options.runtimeClassObject === undefined
          ? []
          : [createObject('node.k8s.io/v1', 'RuntimeClass', options, { handler }, { name: runtimeClass })]),
        ...(serves ? [createService(request)] : []),
      ],
      notes: [
        'PATH, HOSTNAME and KUBERNETES_* reach the module whatever the pod says',
        'containerd may run another artifact with the same config instead, if a pod on the node has pulled one: admit every artifact of the cluster',
        ...(handler === 'wasmtime'
          ? []
          : [`the handler ${handler} is rendered from the source of its shim, and no test runs it`]),
      ],
    }
  },
  keep: ({ bounds, options }) => createKeepers(bounds, options.network === 'cilium'),
}

function createDeployment(
  { reference, bounds, options }: RenderRequest,
  runtimeClassName: string,
  serves: boolean,
): RenderedObject {
  const { filesystem = [], env } = bounds.grants
  const directories = listMounted(filesystem)
  const memory = bounds.limits.memory?.maxPages
  const variables = (env?.names ?? []).filter((name) => POD_VARIABLE.test(name)).toSorted()
  const writesRoot = filesystem.some(({ guest, mode }) => isRoot(guest) && mode === 'rw')
  const container = {
    name: options.name,
    image: formatImage(reference),
    imagePullPolicy: 'IfNotPresent',
    // The config of the artifact names no entrypoint, and a pod needs a command; the module sees it as its first argument.
    command: ['/'],
    stdin: false,
    env: variables.map((name) => ({
      name,
      valueFrom: { configMapKeyRef: { name: options.name, key: name, optional: true } },
    })),
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: !writesRoot,
    },
    volumeMounts: directories.map(({ guest, mode }, at) => ({
      name: `directory-${at}`,
      mountPath: guest,
      readOnly: mode === 'ro',
    })),
    ...(memory === undefined
      ? {}
      : { resources: { limits: { memory: `${Math.ceil((memory * PAGE + SHIM_MEMORY) / MIB)}Mi` } } }),
    ...(serves
      ? {
          ports: [{ name: 'http', containerPort: HTTP_PORT, protocol: 'TCP' }],
          readinessProbe: { tcpSocket: { port: HTTP_PORT } },
        }
      : {}),
  }
  return createObject('apps/v1', 'Deployment', options, {
    spec: {
      replicas: options.replicas ?? 1,
      selector: { matchLabels: selectPods(options) },
      template: {
        metadata: { labels: selectPods(options) },
        spec: {
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          runtimeClassName,
          restartPolicy: 'Always',
          // https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
          securityContext: {
            runAsNonRoot: true,
            runAsUser: USER,
            runAsGroup: USER,
            fsGroup: USER,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          ...(options.pullSecret === undefined ? {} : { imagePullSecrets: [{ name: options.pullSecret }] }),
          containers: [container],
          volumes: directories.map((_, at) => ({ name: `directory-${at}`, emptyDir: {} })),
        },
      },
    },
  })
}

const createService = ({ options }: RenderRequest): RenderedObject =>
  createObject('v1', 'Service', options, {
    spec: {
      selector: selectPods(options),
      ports: [{ name: 'http', port: 80, targetPort: HTTP_PORT, protocol: 'TCP' }],
    },
  })

/** The initial directory of a container is its root. */
const isRoot = (guest: string): boolean => guest === '/' || guest === '.'

/** Kubernetes takes no colon in the path of a mount. */
const isMountable = (guest: string): boolean => !guest.includes(':')

const listMounted = (directories: readonly Directory[]): readonly Directory[] =>
  directories
    .filter(({ guest }) => !isRoot(guest) && isMountable(guest))
    .toSorted((one, other) => (one.guest < other.guest ? -1 : 1))

/** Whether the host of `connect HOST:PORT` or of a URL is neither an address nor every one. */
const isHostName = (item: string): boolean => {
  const kind = parseHttpEndpoints(item.replace(/^connect /, ''))?.[0]?.host.kind
  return kind !== 'addresses' && kind !== 'any'
}

const NAMES_NO_HOST: Kept = {
  by: 'nobody',
  note: 'a NetworkPolicy names no host, so the port is open to every address',
}
const UNKNOWN_ADDRESS: Kept = { by: 'nobody', note: 'the address of a pod is not known beforehand' }

function createKeepers({ grants }: Bounds, isCilium: boolean): Keepers {
  const policy = isCilium ? 'CiliumNetworkPolicy' : 'NetworkPolicy'
  const outgoing: Kept = { by: 'object', field: `${policy} spec.egress` }
  const incoming: Kept = { by: 'object', field: `${policy} spec.ingress` }
  const peers = ({ items }: Bound): readonly Kept[] =>
    keepEach(
      items,
      (item) => {
        if (item.startsWith('listen ')) return item.startsWith('listen *:') ? incoming : UNKNOWN_ADDRESS
        return isCilium || !isHostName(item) ? outgoing : NAMES_NO_HOST
      },
      outgoing,
    )
  return {
    stdio: ({ status, isWhole, items }) => {
      if (status === 'proved' || isWhole) return []
      const kept: Kept = { by: 'object', field: `${CONTAINER}.stdin` }
      return items.includes('stdout') && items.includes('stderr')
        ? [kept]
        : [{ by: 'nobody', note: 'standard output and error both go to the log of the container' }]
    },
    env: ({ items }) =>
      splitKept(
        items,
        (item) => !item.endsWith('*'),
        { by: 'object', field: `${CONTAINER}.env`, note: 'beside PATH, HOSTNAME and KUBERNETES_*' },
        { by: 'nobody', note: 'a pod is given variables by their whole names' },
      ),
    filesystem: ({ items }) =>
      splitKept(
        items,
        (item) => isMountable(item.replace(/ \(r[ow]\)$/, '')),
        {
          by: 'object',
          field: `${CONTAINER}.volumeMounts`,
          note: 'beside what every container has, such as /proc',
        },
        { by: 'nobody', note: 'Kubernetes mounts no path with a colon' },
      ),
    'http.outgoing': peers,
    'sockets.tcp': peers,
    'sockets.udp': peers,
    'sockets.dns': ({ items }) =>
      isCilium || items.includes('*') || listLookedUp(grants).length === 0
        ? [outgoing]
        : [{ by: 'nobody', note: 'a NetworkPolicy opens DNS for every name or for none' }],
    'limits.memory.maxPages': ({ status }) =>
      status === 'proved'
        ? []
        : [
            {
              by: 'object',
              field: `${CONTAINER}.resources.limits.memory`,
              note: 'with 64 MiB for the shim itself',
            },
          ],
  }
}

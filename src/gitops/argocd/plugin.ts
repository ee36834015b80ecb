import { sortKeys, writeYaml } from '../../documents/yaml-text.ts'

/** What the operator of an Argo CD decides about the plugin. */
export interface PluginSettings {
  /** The image of the sidecar, with wasmpack in it. */
  readonly image: string
  /** Where the objects of Argo CD are. */
  readonly namespace: string
  /** The file of policies that every application is held to. */
  readonly policy: string
  /** Public keys that the policies name by `/etc/wasmpack/NAME`, by their names. */
  readonly keys: ReadonlyMap<string, string>
  /** A Secret of the type `kubernetes.io/dockerconfigjson` for the registries. */
  readonly pullSecret?: string | undefined
  /** A command that writes the objects of an application, in place of its files. */
  readonly command: readonly string[]
}

const POLICY_DIRECTORY = '/etc/wasmpack'
const PLUGIN_MAP = 'wasmpack-plugin'
const POLICY_MAP = 'wasmpack-policy'
const POLICY_FILE = 'policy.yaml'
const CACHE = '/tmp/wasmpack-cache'

/**
 * A component for Kustomize that adds a config management plugin to Argo CD, by file name. The plugin has no discovery: an application
 * names it, since Argo CD passes over a plugin whose discovery fails (argoproj/argo-cd#11189, #17775).
 */
export function createPluginFiles(settings: PluginSettings): ReadonlyMap<string, string> {
  const { namespace, policy, keys } = settings
  return new Map([
    [
      'kustomization.yaml',
      write({
        apiVersion: 'kustomize.config.k8s.io/v1alpha1',
        kind: 'Component',
        resources: ['plugin.yaml', 'policy.yaml'],
        patches: [{ path: 'repo-server.yaml' }],
      }),
    ],
    [
      'plugin.yaml',
      write({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: PLUGIN_MAP, namespace },
        data: { 'plugin.yaml': writePlugin(settings) },
      }),
    ],
    [
      'policy.yaml',
      write({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: POLICY_MAP, namespace },
        data: { [POLICY_FILE]: policy, ...Object.fromEntries(keys) },
      }),
    ],
    ['repo-server.yaml', write(createPatch(settings))],
  ])
}

const write = (value: unknown): string => writeYaml([sortKeys(value)])

/** https://argo-cd.readthedocs.io/en/stable/operator-manual/config-management-plugins/ */
const writePlugin = ({ command }: PluginSettings): string =>
  write({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'ConfigManagementPlugin',
    metadata: { name: 'wasmpack' },
    spec: {
      version: 'v1',
      generate: {
        command: ['wasmpack', 'gitops', 'generate', '.'],
        // The repo-server waits for 60 s.
        args: ['--timeout', '45s', '--cache', CACHE, ...(command.length === 0 ? [] : ['--', ...command])],
      },
    },
  })

/** What the sidecar adds to the repo-server: it runs as Argo CD's own user, and writes to nothing but its own /tmp. */
function createPatch({ image, namespace, pullSecret }: PluginSettings): object {
  const mounts = [
    { name: 'var-files', mountPath: '/var/run/argocd' },
    { name: 'plugins', mountPath: '/home/argocd/cmp-server/plugins' },
    { name: PLUGIN_MAP, mountPath: '/home/argocd/cmp-server/config' },
    { name: POLICY_MAP, mountPath: POLICY_DIRECTORY },
    { name: 'wasmpack-tmp', mountPath: '/tmp' },
    ...(pullSecret === undefined ? [] : [{ name: 'wasmpack-registries', mountPath: '/docker' }]),
  ]
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'argocd-repo-server', namespace },
    spec: {
      template: {
        spec: {
          containers: [
            {
              name: 'wasmpack',
              image,
              command: ['/var/run/argocd/argocd-cmp-server'],
              env: [
                { name: 'WASMPACK_POLICY', value: `${POLICY_DIRECTORY}/${POLICY_FILE}` },
                ...(pullSecret === undefined ? [] : [{ name: 'DOCKER_CONFIG', value: '/docker' }]),
              ],
              resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '256Mi' } },
              securityContext: {
                runAsNonRoot: true,
                runAsUser: 999,
                readOnlyRootFilesystem: true,
                allowPrivilegeEscalation: false,
                capabilities: { drop: ['ALL'] },
                seccompProfile: { type: 'RuntimeDefault' },
              },
              volumeMounts: mounts,
            },
          ],
          volumes: [
            { name: PLUGIN_MAP, configMap: { name: PLUGIN_MAP } },
            { name: POLICY_MAP, configMap: { name: POLICY_MAP } },
            { name: 'wasmpack-tmp', emptyDir: { sizeLimit: '1Gi' } },
            ...(pullSecret === undefined
              ? []
              : [
                  {
                    name: 'wasmpack-registries',
                    secret: {
                      secretName: pullSecret,
                      items: [{ key: '.dockerconfigjson', path: 'config.json' }],
                    },
                  },
                ]),
          ],
        },
      },
    },
  }
}

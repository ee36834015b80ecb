import { execFile, execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { installedPeer } from './peers.ts'
import { startServer } from './server-process.ts'

/** A node with one pod, which kubelet's part is taken of by the tests. */
export interface RunningNode {
  /** An image with busybox, which sleeps. */
  readonly image: string
  /** Runs crictl; throws with what it said unless it ends with 0. */
  crictl(...args: readonly string[]): Promise<string>
  /** Pulls the images, and creates a container in the pod. */
  createContainer(container: NodeContainer): Promise<string>
  /** The name of the image that containerd hands to the shim of a container. */
  readImageName(container: string): Promise<string>
  stop(): Promise<void>
}

export interface NodeContainer {
  readonly image: string
  readonly command?: readonly string[]
  /** References of images by the paths that they are mounted at. */
  readonly volumes?: Readonly<Record<string, string>>
}

/** What images and containers are for: the node's own platform. */
export const PLATFORM: string = `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`

/** Starts containerd, which pulls from a registry of loopback without TLS, and a pod with the host's network. */
export async function startNode(directory: string, registry: string): Promise<RunningNode> {
  const root = mkdtempSync(join(directory, 'node-'))
  const image = pushBusybox(root, registry)
  const configuration = join(root, 'config.toml')
  writeFileSync(configuration, writeConfiguration(root, image))
  const hosts = join(root, 'certs.d', registry)
  mkdirSync(hosts, { recursive: true })
  writeFileSync(join(hosts, 'hosts.toml'), `server = "http://${registry}"\n`)
  const endpoint = `unix://${root}/socket`
  const crictl = [installedPeer('crictl'), '--config=/dev/null', '-r', endpoint, '-i', endpoint] as const
  const containerd = await startServer({
    // In namespaces of its own, so that shims, containers and mounts end with it.
    command: [
      ...(['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c'] as const),
      `mount -t tmpfs none ${SOCKETS} && exec "$0" --config "$1"`,
      installedPeer('containerd'),
      configuration,
    ],
    env: { PATH: `${join(installedPeer('containerd'), '..')}:${process.env['PATH'] ?? ''}` },
    log: join(root, 'log'),
    ready: { command: [...crictl, 'info'] },
  })

  const run = (...args: readonly string[]): Promise<string> => runClient([...crictl, ...args])
  const write = (name: string, content: object): string => {
    const path = join(root, `${name}.json`)
    writeFileSync(path, JSON.stringify(content))
    return path
  }
  /** The image as kubelet names it afterwards: by what the answer of PullImage calls it. */
  const pull = async (reference: string): Promise<object> => {
    const said = await run('pull', reference)
    return { image: said.slice(said.lastIndexOf(' ') + 1), user_specified_image: reference }
  }
  await pull(image)
  const sandbox = write('sandbox', SANDBOX)
  const pod = await run('runp', sandbox)
  let containers = 0
  return {
    image,
    crictl: run,
    createContainer: async ({ image, command = [], volumes = {} }) => {
      const mounts = await Promise.all(
        Object.entries(volumes).map(async ([path, reference]) => ({
          container_path: path,
          readonly: true,
          image: await pull(reference),
        })),
      )
      const name = `container-${containers++}`
      const container = { metadata: { name }, image: await pull(image), command, mounts, linux: {} }
      return run('create', pod, write(name, container), sandbox)
    },
    readImageName: async (container) => {
      const ctr = [installedPeer('ctr'), '--address', `${root}/socket`, '--namespace', 'k8s.io'] as const
      const { Image } = JSON.parse(await runClient([...ctr, 'container', 'info', container])) as {
        readonly Image: string
      }
      return Image
    },
    stop: async () => {
      await run('rmp', '--all', '--force') // so that its control groups are removed
      await containerd.kill()
    },
  }
}

const runClient = ([program, ...args]: readonly [string, ...string[]]): Promise<string> =>
  new Promise((resolve, reject) => {
    execFile(program, args, { timeout: 100_000 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${program} ${args.join(' ')}: ${stderr}`))
      else resolve(stdout.trim())
    })
  })

/** Where shims have their sockets: a directory of at most 42 characters that every machine has, over which one of our own is mounted. */
const SOCKETS = '/mnt'

/** By https://github.com/kubernetes/cri-api: with the network of the node, so that no plugin for networks is needed. */
const SANDBOX = {
  metadata: { name: 'pod', namespace: 'test', uid: 'test' },
  linux: { security_context: { namespace_options: { network: 2, pid: 1 } } },
}

function writeConfiguration(root: string, pause: string): string {
  const absent = ['snapshotter.v1.btrfs', 'snapshotter.v1.devmapper', 'snapshotter.v1.erofs', 'nri.v1.nri']
  return `version = 4
root = '${root}/root'
state = '${root}/state'
imports = []
disabled_plugins = [${absent.map((name) => `'io.containerd.${name}'`).join(', ')}]

[plugins.'io.containerd.server.v1.grpc']
address = '${root}/socket'

[plugins.'io.containerd.server.v1.ttrpc']
address = '${root}/socket.ttrpc'

[plugins.'io.containerd.internal.v1.opt']
path = '${root}/opt'

[plugins.'io.containerd.cri.v1.images'.pinned_images]
sandbox = '${pause}'

[plugins.'io.containerd.cri.v1.images'.registry]
config_path = '${root}/certs.d'

[plugins.'io.containerd.cri.v1.runtime']
disable_apparmor = true
restrict_oom_score_adj = true

[plugins.'io.containerd.cri.v1.runtime'.cni]
conf_dir = '${root}/cni'

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
runtime_type = 'io.containerd.runc.v2'

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
BinaryName = '${installedPeer('runc')}'
Root = '${root}/runc'

[plugins.'io.containerd.shim.v1.manager']
socket_dir = '${SOCKETS}'
`
}

function pushBusybox(root: string, registry: string): string {
  const image = `${registry}/test/busybox`
  const tree = join(root, 'busybox')
  mkdirSync(join(tree, 'bin'), { recursive: true })
  copyFileSync(installedPeer('busybox'), join(tree, 'bin/busybox'))
  execFileSync('tar', ['-C', tree, '-cf', join(root, 'busybox.tar'), 'bin'])
  const crane = (...args: readonly string[]): void => {
    execFileSync(installedPeer('crane'), args, { stdio: 'pipe', env: { HOME: root } })
  }
  crane('append', '--oci-empty-base', '-f', join(root, 'busybox.tar'), '-t', `${image}:tree`)
  const entrypoint = '--entrypoint=/bin/busybox,sleep,86400'
  crane('mutate', `${image}:tree`, entrypoint, `--set-platform=${PLATFORM}`, '-t', `${image}:1`)
  return `${image}:1`
}

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { installedPeer } from './peers.ts'
import { type ServerProcess, startServer } from './server-process.ts'

const ROOT = join(import.meta.dirname, '../..')

/** The sidecar of Argo CD's repo-server with a plugin in it. */
export interface RunningPlugin extends ServerProcess {
  /** What a client of the plugin has to know. */
  readonly env: Readonly<Record<string, string>>
}

export interface PluginOptions {
  /** The file `plugin.yaml`. */
  readonly configuration: string
  /** Of the sidecar. */
  readonly env: Readonly<Record<string, string>>
}

/** Starts argocd-cmp-server in a directory of its own, with `wasmpack` and `kustomize` on its path. */
export async function startPlugin(
  directory: string,
  { configuration, env }: PluginOptions,
): Promise<RunningPlugin> {
  const [config, sockets, bin] = ['config', 'sockets', 'bin'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ]
  for (const path of [config, sockets, bin]) mkdirSync(path, { recursive: true })
  writeFileSync(join(config, 'plugin.yaml'), configuration)
  symlinkSync(join(ROOT, 'bin/wasmpack.cjs'), join(bin, 'wasmpack'))
  symlinkSync(installedPeer('kustomize'), join(bin, 'kustomize'))
  const shared = { ARGOCD_PLUGINSOCKFILEPATH: sockets }
  const server = await startServer({
    command: [installedPeer('argocd-cmp'), '--config-dir-path', config],
    env: { ...shared, ...env, PATH: `${bin}:${process.env['PATH']}` },
    log: join(directory, 'log'),
    ready: { command: ['test', '-S', join(sockets, 'wasmpack-v1.sock')] },
  })
  return { ...server, env: shared }
}

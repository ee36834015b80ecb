import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { debianPath, installedPeer } from './peers.ts'
import { onFreePort, startServer } from './server-process.ts'

/** Who may use a squid that asks. */
export const PROXY_ACCOUNT = { username: 'proxy-user', password: 'proxy-canary' } as const

/** The name by which squid, and nobody else, knows this machine. */
export const BEHIND_SQUID = 'registry.example'

export interface RunningSquid {
  /** `localhost:PORT`. */
  readonly host: string
  /** One line per request with all headers that squid saw of it, so far. */
  log(): string
  stop(): Promise<void>
}

/** Starts squid as a forward proxy; `guarded`: one that asks who is there. */
export function startSquid({ guarded }: { readonly guarded: boolean }): Promise<RunningSquid> {
  const program = installedPeer('squid')
  // Not below the temporary directory of the suite: started by root, squid goes on as a user who may not enter there.
  const root = mkdtempSync('/tmp/wasmpack-squid-')
  const remove = (): void => rmSync(root, { recursive: true, force: true, maxRetries: 3 })
  process.on('exit', remove)
  prepare(root)
  const configuration = join(root, 'squid.conf')
  return onFreePort(async (port) => {
    writeFileSync(configuration, squidConfiguration(root, port, guarded))
    const server = await startServer({
      command: [program, '-N', '-f', configuration],
      log: join(root, 'log'),
      ready: { port },
    })
    return {
      host: `localhost:${port}`,
      log: () => readFileSync(join(root, 'logs/access.log'), 'utf8'),
      async stop() {
        await server.kill()
        remove()
        process.off('exit', remove)
      },
    }
  })
}

/** What squid otherwise looks for where Debian would have installed it, and a program that knows {@link PROXY_ACCOUNT}. */
function prepare(root: string): void {
  const files = debianPath('squid')
  chmodSync(root, 0o755)
  mkdirSync(join(root, 'logs'))
  chmodSync(join(root, 'logs'), 0o777)
  cpSync(join(files, 'usr/share/squid-langpack/templates'), join(root, 'errors'), { recursive: true })
  cpSync(join(files, 'usr/share/squid/mime.conf'), join(root, 'mime.conf'))
  writeFileSync(join(root, 'hosts'), `127.0.0.1 ${BEHIND_SQUID}\n`)
  const { username, password } = PROXY_ACCOUNT
  writeFileSync(
    join(root, 'accounts'),
    `#!/bin/sh\nwhile read -r account; do [ "$account" = '${username} ${password}' ] && echo OK || echo ERR; done\n`,
    { mode: 0o755 },
  )
}

function squidConfiguration(root: string, port: number, guarded: boolean): string {
  const rules = guarded
    ? [
        `auth_param basic program ${join(root, 'accounts')}`,
        'auth_param basic children 1',
        'acl known proxy_auth REQUIRED',
        'http_access allow known',
        'http_access deny all',
      ]
    : ['http_access allow all']
  return `http_port 127.0.0.1:${port}
hosts_file ${join(root, 'hosts')}
error_directory ${join(root, 'errors')}
mime_table ${join(root, 'mime.conf')}
icon_directory ${root}
unlinkd_program /bin/true
pid_filename none
access_log stdio:${join(root, 'logs/access.log')}
log_mime_hdrs on
buffered_logs off
cache_log ${join(root, 'logs/cache.log')}
cache deny all
pinger_enable off
netdb_filename none
coredump_dir none
visible_hostname proxy
${rules.join('\n')}
`
}

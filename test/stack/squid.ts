import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

import type { CertificatePair } from './certificate-files.ts'
import { debianPath, installedPeer } from './peers.ts'
import { onFreePort, startServer } from './server-process.ts'

/** Who may use a squid that asks. */
export const PROXY_ACCOUNT = { username: 'proxy-user', password: 'proxy-canary' } as const

/** The name by which squid, and nobody else, knows this machine; it knows no other name. */
export const BEHIND_SQUID = 'registry.example'

/** A host that a rule of squid forbids. */
export const FORBIDDEN = 'forbidden.example'

export interface SquidSettings {
  /** Whether it asks who is there. */
  readonly guarded?: boolean
  /** Makes squid itself speak TLS. */
  readonly certificate?: CertificatePair
}

export interface RunningSquid {
  /** `localhost:PORT`. */
  readonly host: string
  /** One line per request with all headers that squid saw of it, so far. */
  log(): string
  stop(): Promise<void>
}

const SHARED_MEMORY = '/dev/shm'

/** Starts squid as a forward proxy. */
export function startSquid(settings: SquidSettings = {}): Promise<RunningSquid> {
  const program = installedPeer('squid')
  // Not below the temporary directory of the suite: started by root, squid goes on as a user who may not enter there.
  const root = mkdtempSync('/tmp/wasmpack-squid-')
  // Of the same name they would share their memory, whoever started them, and a killed one leaves it behind.
  const name = `wasmpack${randomBytes(6).toString('hex')}`
  const remove = (): void => {
    rmSync(root, { recursive: true, force: true, maxRetries: 3 })
    for (const file of readdirSync(SHARED_MEMORY))
      if (file.startsWith(name)) rmSync(join(SHARED_MEMORY, file), { force: true })
  }
  process.on('exit', remove)
  prepare(root, settings)
  const configuration = join(root, 'squid.conf')
  return onFreePort(async (port) => {
    writeFileSync(configuration, squidConfiguration(root, port, settings))
    const server = await startServer({
      command: [program, '-N', '-n', name, '-f', configuration],
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
function prepare(root: string, { certificate }: SquidSettings): void {
  const files = debianPath('squid')
  chmodSync(root, 0o755)
  mkdirSync(join(root, 'logs'))
  chmodSync(join(root, 'logs'), 0o777)
  cpSync(join(files, 'usr/share/squid-langpack/templates'), join(root, 'errors'), { recursive: true })
  cpSync(join(files, 'usr/share/squid/mime.conf'), join(root, 'mime.conf'))
  writeFileSync(join(root, 'hosts'), `127.0.0.1 ${BEHIND_SQUID}\n`)
  if (certificate !== undefined) {
    writeFileSync(join(root, 'server.pem'), readFileSync(certificate.certificate))
    writeFileSync(join(root, 'server.key'), readFileSync(certificate.key))
  }
  const { username, password } = PROXY_ACCOUNT
  writeFileSync(
    join(root, 'accounts'),
    `#!/bin/sh\nwhile read -r account; do [ "$account" = '${username} ${password}' ] && echo OK || echo ERR; done\n`,
    { mode: 0o755 },
  )
}

function squidConfiguration(
  root: string,
  port: number,
  { guarded = false, certificate }: SquidSettings,
): string {
  const rules = guarded
    ? [
        `auth_param basic program ${join(root, 'accounts')}`,
        'auth_param basic children 1',
        'acl known proxy_auth REQUIRED',
        'http_access allow known',
        'http_access deny all',
      ]
    : ['http_access allow all']
  const listen =
    certificate === undefined
      ? `http_port 127.0.0.1:${port}`
      : `https_port 127.0.0.1:${port} tls-cert=${join(root, 'server.pem')} tls-key=${join(root, 'server.key')}`
  return `${listen}
dns_nameservers 127.0.0.1
dns_timeout 1 second
dns_retransmit_interval 1 second
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
acl forbidden dstdomain ${FORBIDDEN}
http_access deny forbidden
${rules.join('\n')}
`
}

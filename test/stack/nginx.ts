import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import type { CertificatePair } from './certificate-files.ts'
import { installedPeer } from './peers.ts'
import { onFreePort, startServer } from './server-process.ts'

/** How nginx stands in front of a registry. */
export interface NginxSettings {
  /** `localhost:PORT` of the registry, which need not run. */
  readonly upstream: string
  readonly certificate: CertificatePair
  /** The authority whose clients alone are served. */
  readonly clients?: string
  /** client_max_body_size; nginx's own 1 MiB by default, `0` for none. */
  readonly bodyLimit?: string
  /** Whether the registry hears under which scheme its clients know it; true by default. */
  readonly tellsScheme?: boolean
}

export interface RunningNginx {
  /** `localhost:PORT`, over TLS. */
  readonly host: string
  /** One line per request, so far. */
  log(): string
  stop(): Promise<void>
}

/** Starts nginx in front of a registry as its manual has it: TLS ends there, requests and answers are buffered. */
export function startNginx(directory: string, settings: NginxSettings): Promise<RunningNginx> {
  const program = installedPeer('nginx')
  const root = mkdtempSync(join(directory, 'nginx-'))
  const configuration = join(root, 'nginx.conf')
  return onFreePort(async (port) => {
    writeFileSync(configuration, nginxConfiguration(root, port, settings))
    const server = await startServer({
      command: [program, '-c', configuration, '-p', root, '-e', 'stderr'],
      log: join(root, 'log'),
      ready: { port },
    })
    return {
      host: `localhost:${port}`,
      log: () => readFileSync(join(root, 'access.log'), 'utf8'),
      stop: () => server.kill(),
    }
  })
}

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']

function nginxConfiguration(
  root: string,
  port: number,
  { upstream, certificate, clients, bodyLimit, tellsScheme = true }: NginxSettings,
): string {
  const server = [
    `listen 127.0.0.1:${port} ssl`,
    `ssl_certificate ${certificate.certificate}`,
    `ssl_certificate_key ${certificate.key}`,
    ...(clients === undefined ? [] : [`ssl_client_certificate ${clients}`, 'ssl_verify_client on']),
    ...(bodyLimit === undefined ? [] : [`client_max_body_size ${bodyLimit}`]),
    'proxy_read_timeout 1s',
    'proxy_set_header Host $http_host',
    ...(tellsScheme ? ['proxy_set_header X-Forwarded-Proto $scheme'] : []),
  ]
  return `daemon off;
master_process off;
pid ${join(root, 'pid')};
error_log stderr;
events {}
http {
  access_log ${join(root, 'access.log')};
${TEMPORARY.map((kind) => `  ${kind}_temp_path ${join(root, kind)};`).join('\n')}
  server {
${server.map((line) => `    ${line};`).join('\n')}
    location / {
      proxy_pass http://${upstream.replace('localhost', '127.0.0.1')};
    }
  }
}
`
}

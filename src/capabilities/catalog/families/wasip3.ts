import type { Family } from './family.ts'

/**
 * 0.3.0 and the prereleases that hosts still serve. Imported, `wasi:http/handler` is the next handler of a chain, and as good as a
 * client.
 */
export const WASIP3: Family = {
  title: 'WASI 0.3',
  spec: 'https://github.com/WebAssembly/WASI/tree/v0.3.0',
  versions:
    '0.3 0.3.0-rc-2025-09-16 0.3.0-rc-2026-01-06 0.3.0-rc-2026-02-05 0.3.0-rc-2026-02-09 0.3.0-rc-2026-03-15',
  interfaces: {
    'wasi:cli/environment': {
      env: 'get-environment',
      args: 'get-arguments',
      cwd: 'get-initial-cwd',
    },
    'wasi:cli/exit': {
      exit: 'exit exit-with-code',
    },
    'wasi:cli/run': {
      entry: 'run',
    },
    'wasi:cli/types': {},
    'wasi:cli/stdin': {
      'stdio.stdin': 'read-via-stream',
    },
    'wasi:cli/stdout': {
      'stdio.stdout': 'write-via-stream',
    },
    'wasi:cli/stderr': {
      'stdio.stderr': 'write-via-stream',
    },
    'wasi:cli/terminal-input': {},
    'wasi:cli/terminal-output': {},
    'wasi:cli/terminal-stdin': {
      'stdio.terminal': 'get-terminal-stdin',
    },
    'wasi:cli/terminal-stdout': {
      'stdio.terminal': 'get-terminal-stdout',
    },
    'wasi:cli/terminal-stderr': {
      'stdio.terminal': 'get-terminal-stderr',
    },
    'wasi:clocks/monotonic-clock': {
      'clock.monotonic': 'now get-resolution wait-until wait-for',
    },
    'wasi:clocks/system-clock': {
      'clock.wall': 'now get-resolution',
    },
    'wasi:clocks/timezone': {
      'clock.timezone': 'iana-id utc-offset to-debug-string',
    },
    'wasi:clocks/types': {},
    'wasi:filesystem/preopens': {
      'fs.preopen': 'get-directories',
    },
    'wasi:filesystem/types': {
      'fs.handle.read': '[method]descriptor.read-via-stream',
      'fs.handle.write': `
      [method]descriptor.write-via-stream [method]descriptor.append-via-stream
      [method]descriptor.set-size
    `,
      'fs.handle': `
      [method]descriptor.advise [method]descriptor.sync-data [method]descriptor.get-flags
      [method]descriptor.get-type [method]descriptor.sync [method]descriptor.stat
      [method]descriptor.is-same-object [method]descriptor.metadata-hash
    `,
      'fs.write': `
      [method]descriptor.set-times [method]descriptor.create-directory-at
      [method]descriptor.set-times-at [method]descriptor.link-at [method]descriptor.remove-directory-at
      [method]descriptor.rename-at [method]descriptor.symlink-at [method]descriptor.unlink-file-at
    `,
      'fs.read': `
      [method]descriptor.read-directory [method]descriptor.stat-at [method]descriptor.readlink-at
      [method]descriptor.metadata-hash-at
    `,
      'fs.open': '[method]descriptor.open-at',
    },
    'wasi:http/types': {
      'http.types': `
      [static]fields.from-list [method]fields.get [method]fields.has [method]fields.set
      [method]fields.delete [method]fields.get-and-delete [method]fields.append [method]fields.copy-all
      [method]fields.clone [constructor]fields [static]request.new [method]request.get-method
      [method]request.set-method [method]request.get-path-with-query [method]request.set-path-with-query
      [method]request.get-scheme [method]request.set-scheme [method]request.get-authority
      [method]request.set-authority [method]request.get-options [method]request.get-headers
      [static]request.consume-body [method]request-options.get-connect-timeout
      [method]request-options.set-connect-timeout [method]request-options.get-first-byte-timeout
      [method]request-options.set-first-byte-timeout [method]request-options.get-between-bytes-timeout
      [method]request-options.set-between-bytes-timeout [method]request-options.clone
      [constructor]request-options [static]response.new [method]response.get-status-code
      [method]response.set-status-code [method]response.get-headers [static]response.consume-body
    `,
    },
    'wasi:http/handler': {
      'http.outgoing': 'handle',
    },
    'wasi:http/client': {
      'http.outgoing': 'send',
    },
    'wasi:random/insecure-seed': {
      'random.insecure': 'get-insecure-seed',
    },
    'wasi:random/insecure': {
      'random.insecure': 'get-insecure-random-bytes get-insecure-random-u64',
    },
    'wasi:random/random': {
      random: 'get-random-bytes get-random-u64',
    },
    'wasi:sockets/ip-name-lookup': {
      'sockets.dns': 'resolve-addresses',
    },
    'wasi:sockets/types': {
      'sockets.tcp': `
      [static]tcp-socket.create [method]tcp-socket.bind [method]tcp-socket.connect
      [method]tcp-socket.listen [method]tcp-socket.send [method]tcp-socket.receive
      [method]tcp-socket.get-local-address [method]tcp-socket.get-remote-address
      [method]tcp-socket.get-is-listening [method]tcp-socket.get-address-family
      [method]tcp-socket.set-listen-backlog-size [method]tcp-socket.get-keep-alive-enabled
      [method]tcp-socket.set-keep-alive-enabled [method]tcp-socket.get-keep-alive-idle-time
      [method]tcp-socket.set-keep-alive-idle-time [method]tcp-socket.get-keep-alive-interval
      [method]tcp-socket.set-keep-alive-interval [method]tcp-socket.get-keep-alive-count
      [method]tcp-socket.set-keep-alive-count [method]tcp-socket.get-hop-limit
      [method]tcp-socket.set-hop-limit [method]tcp-socket.get-receive-buffer-size
      [method]tcp-socket.set-receive-buffer-size [method]tcp-socket.get-send-buffer-size
      [method]tcp-socket.set-send-buffer-size
    `,
      'sockets.udp': `
      [static]udp-socket.create [method]udp-socket.bind [method]udp-socket.connect
      [method]udp-socket.disconnect [method]udp-socket.send [method]udp-socket.receive
      [method]udp-socket.get-local-address [method]udp-socket.get-remote-address
      [method]udp-socket.get-address-family [method]udp-socket.get-unicast-hop-limit
      [method]udp-socket.set-unicast-hop-limit [method]udp-socket.get-receive-buffer-size
      [method]udp-socket.set-receive-buffer-size [method]udp-socket.get-send-buffer-size
      [method]udp-socket.set-send-buffer-size
    `,
    },
  },
}

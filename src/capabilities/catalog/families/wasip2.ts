import type { Family } from './family.ts'

/**
 * All of 0.2.0 to 0.2.12, which only added functions, and the prereleases that hosts still serve; what those had beside is in
 * `WASIP2_PRERELEASES`.
 */
export const WASIP2: Family = {
  title: 'WASI 0.2',
  spec: 'https://github.com/WebAssembly/WASI/tree/v0.2.12',
  versions: '0.2 0.2.0-rc-2023-11-10 0.2.0-rc-2023-12-05 0.2.0-rc-2024-01-16',
  interfaces: {
    'wasi:cli/environment': {
      env: 'get-environment',
      args: 'get-arguments',
      cwd: 'initial-cwd',
    },
    'wasi:cli/exit': {
      exit: 'exit exit-with-code',
    },
    'wasi:cli/run': {
      entry: 'run',
    },
    'wasi:cli/stdin': {
      'stdio.stdin': 'get-stdin',
    },
    'wasi:cli/stdout': {
      'stdio.stdout': 'get-stdout',
    },
    'wasi:cli/stderr': {
      'stdio.stderr': 'get-stderr',
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
      'clock.monotonic': 'now resolution subscribe-instant subscribe-duration',
    },
    'wasi:clocks/timezone': {
      'clock.timezone': 'display utc-offset',
    },
    'wasi:clocks/wall-clock': {
      'clock.wall': 'now resolution',
    },
    'wasi:filesystem/preopens': {
      'fs.preopen': 'get-directories',
    },
    'wasi:filesystem/types': {
      'fs.handle.read': '[method]descriptor.read-via-stream [method]descriptor.read',
      'fs.handle.write': `
      [method]descriptor.write-via-stream [method]descriptor.append-via-stream
      [method]descriptor.set-size [method]descriptor.write
    `,
      'fs.handle': `
      [method]descriptor.advise [method]descriptor.sync-data [method]descriptor.get-flags
      [method]descriptor.get-type [method]descriptor.sync [method]descriptor.stat
      [method]descriptor.is-same-object [method]descriptor.metadata-hash filesystem-error-code
    `,
      'fs.write': `
      [method]descriptor.set-times [method]descriptor.create-directory-at
      [method]descriptor.set-times-at [method]descriptor.link-at [method]descriptor.remove-directory-at
      [method]descriptor.rename-at [method]descriptor.symlink-at [method]descriptor.unlink-file-at
    `,
      'fs.read': `
      [method]descriptor.read-directory [method]descriptor.stat-at [method]descriptor.readlink-at
      [method]descriptor.metadata-hash-at [method]directory-entry-stream.read-directory-entry
    `,
      'fs.open': '[method]descriptor.open-at',
    },
    'wasi:http/incoming-handler': {
      'http.incoming': 'handle',
    },
    'wasi:http/outgoing-handler': {
      'http.outgoing': 'handle',
    },
    'wasi:http/types': {
      'http.types': `
      [static]fields.from-list [method]fields.get [method]fields.has [method]fields.set
      [method]fields.delete [method]fields.append [method]fields.entries [method]fields.clone
      [constructor]fields [method]incoming-request.method [method]incoming-request.path-with-query
      [method]incoming-request.scheme [method]incoming-request.authority
      [method]incoming-request.headers [method]incoming-request.consume [method]outgoing-request.body
      [method]outgoing-request.method [method]outgoing-request.set-method
      [method]outgoing-request.path-with-query [method]outgoing-request.set-path-with-query
      [method]outgoing-request.scheme [method]outgoing-request.set-scheme
      [method]outgoing-request.authority [method]outgoing-request.set-authority
      [method]outgoing-request.headers [constructor]outgoing-request
      [method]request-options.connect-timeout [method]request-options.set-connect-timeout
      [method]request-options.first-byte-timeout [method]request-options.set-first-byte-timeout
      [method]request-options.between-bytes-timeout [method]request-options.set-between-bytes-timeout
      [constructor]request-options [method]response-outparam.send-informational
      [static]response-outparam.set [method]incoming-response.status [method]incoming-response.headers
      [method]incoming-response.consume [method]incoming-body.stream [static]incoming-body.finish
      [method]future-trailers.subscribe [method]future-trailers.get
      [method]outgoing-response.status-code [method]outgoing-response.set-status-code
      [method]outgoing-response.headers [method]outgoing-response.body [constructor]outgoing-response
      [method]outgoing-body.write [static]outgoing-body.finish
      [method]future-incoming-response.subscribe [method]future-incoming-response.get http-error-code
    `,
    },
    'wasi:io/error': {
      io: '[method]error.to-debug-string',
    },
    'wasi:io/poll': {
      poll: '[method]pollable.ready [method]pollable.block poll',
    },
    'wasi:io/streams': {
      io: `
      [method]input-stream.read [method]input-stream.blocking-read [method]input-stream.skip
      [method]input-stream.blocking-skip [method]input-stream.subscribe
      [method]output-stream.check-write [method]output-stream.write
      [method]output-stream.blocking-write-and-flush [method]output-stream.flush
      [method]output-stream.blocking-flush [method]output-stream.subscribe
      [method]output-stream.write-zeroes [method]output-stream.blocking-write-zeroes-and-flush
      [method]output-stream.splice [method]output-stream.blocking-splice
    `,
    },
    'wasi:random/insecure-seed': {
      'random.insecure': 'insecure-seed',
    },
    'wasi:random/insecure': {
      'random.insecure': 'get-insecure-random-bytes get-insecure-random-u64',
    },
    'wasi:random/random': {
      random: 'get-random-bytes get-random-u64',
    },
    'wasi:sockets/instance-network': {
      sockets: 'instance-network',
    },
    'wasi:sockets/ip-name-lookup': {
      'sockets.dns': `
      [method]resolve-address-stream.resolve-next-address [method]resolve-address-stream.subscribe
      resolve-addresses
    `,
    },
    'wasi:sockets/network': {
      sockets: 'network-error-code',
    },
    'wasi:sockets/tcp-create-socket': {
      'sockets.tcp': 'create-tcp-socket',
    },
    'wasi:sockets/tcp': {
      'sockets.tcp': `
      [method]tcp-socket.start-bind [method]tcp-socket.finish-bind [method]tcp-socket.start-connect
      [method]tcp-socket.finish-connect [method]tcp-socket.start-listen [method]tcp-socket.finish-listen
      [method]tcp-socket.accept [method]tcp-socket.local-address [method]tcp-socket.remote-address
      [method]tcp-socket.is-listening [method]tcp-socket.address-family
      [method]tcp-socket.set-listen-backlog-size [method]tcp-socket.keep-alive-enabled
      [method]tcp-socket.set-keep-alive-enabled [method]tcp-socket.keep-alive-idle-time
      [method]tcp-socket.set-keep-alive-idle-time [method]tcp-socket.keep-alive-interval
      [method]tcp-socket.set-keep-alive-interval [method]tcp-socket.keep-alive-count
      [method]tcp-socket.set-keep-alive-count [method]tcp-socket.hop-limit
      [method]tcp-socket.set-hop-limit [method]tcp-socket.receive-buffer-size
      [method]tcp-socket.set-receive-buffer-size [method]tcp-socket.send-buffer-size
      [method]tcp-socket.set-send-buffer-size [method]tcp-socket.subscribe [method]tcp-socket.shutdown
    `,
    },
    'wasi:sockets/udp-create-socket': {
      'sockets.udp': 'create-udp-socket',
    },
    'wasi:sockets/udp': {
      'sockets.udp': `
      [method]udp-socket.start-bind [method]udp-socket.finish-bind [method]udp-socket.stream
      [method]udp-socket.local-address [method]udp-socket.remote-address
      [method]udp-socket.address-family [method]udp-socket.unicast-hop-limit
      [method]udp-socket.set-unicast-hop-limit [method]udp-socket.receive-buffer-size
      [method]udp-socket.set-receive-buffer-size [method]udp-socket.send-buffer-size
      [method]udp-socket.set-send-buffer-size [method]udp-socket.subscribe
      [method]incoming-datagram-stream.receive [method]incoming-datagram-stream.subscribe
      [method]outgoing-datagram-stream.check-send [method]outgoing-datagram-stream.send
      [method]outgoing-datagram-stream.subscribe
    `,
    },
  },
}

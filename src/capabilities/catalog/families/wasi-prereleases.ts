import type { Family } from './family.ts'

/** Interfaces of prereleases of WASI 0.2 that the release dropped and hosts such as Spin still provide. */
export const WASIP2_PRERELEASES: Family = {
  title: 'a prerelease of WASI 0.2',
  spec: 'https://github.com/spinframework/spin/tree/main/wit/deps',
  interfaces: {
    'wasi:http/types@0.2.0-rc-2023-11-10': {
      'http.types': `
        [method]request-options.between-bytes-timeout-ms [method]request-options.connect-timeout-ms
        [method]request-options.first-byte-timeout-ms [method]request-options.set-between-bytes-timeout-ms
        [method]request-options.set-connect-timeout-ms [method]request-options.set-first-byte-timeout-ms
      `,
    },
    'wasi:sockets/tcp@0.2.0-rc-2023-11-10': {
      'sockets.tcp': '[method]tcp-socket.ipv6-only [method]tcp-socket.set-ipv6-only',
    },
    'wasi:sockets/udp@0.2.0-rc-2023-11-10': {
      'sockets.udp': '[method]udp-socket.ipv6-only [method]udp-socket.set-ipv6-only',
    },
  },
}

/** As {@link WASIP2_PRERELEASES}, of WASI 0.3. */
export const WASIP3_PRERELEASES: Family = {
  title: 'a prerelease of WASI 0.3',
  spec: 'https://github.com/WebAssembly/WASI/tree/v0.3.0',
  versions: '0.3.0-rc-2025-09-16',
  interfaces: {
    'wasi:clocks/wall-clock': { 'clock.wall': 'now get-resolution' },
    'wasi:clocks/timezone': { 'clock.timezone': 'display' },
  },
}

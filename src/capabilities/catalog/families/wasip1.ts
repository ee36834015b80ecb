import type { Family } from './family.ts'

const FUNCTIONS = {
  args: 'args_get args_sizes_get',
  env: 'environ_get environ_sizes_get',
  clock: 'clock_res_get clock_time_get',
  'fs.handle': 'fd_advise fd_datasync fd_filestat_get fd_sync',
  'fs.handle.write': 'fd_allocate fd_filestat_set_size',
  fd: 'fd_close fd_fdstat_get fd_fdstat_set_flags fd_fdstat_set_rights fd_renumber fd_seek fd_tell',
  'fs.write': `
    fd_filestat_set_times path_create_directory path_filestat_set_times path_link path_remove_directory
    path_rename path_symlink path_unlink_file
  `,
  'stdio-or-fs.read': 'fd_pread fd_read',
  'fs.preopen': 'fd_prestat_get fd_prestat_dir_name',
  'stdio-or-fs.write': 'fd_pwrite fd_write',
  'fs.read': 'fd_readdir path_filestat_get path_readlink',
  'fs.open': 'path_open',
  'poll-or-clock': 'poll_oneoff',
  exit: 'proc_exit',
  signal: 'proc_raise',
  sched: 'sched_yield',
  random: 'random_get',
  'sockets.stream': 'sock_recv sock_send sock_shutdown',
} as const

/**
 * Where one function serves standard streams and files alike (`fd_read`), or clocks and sleep (`poll_oneoff`), the class says so.
 */
export const WASIP1: Family = {
  title: 'WASI 0.1',
  spec: 'https://github.com/WebAssembly/WASI/tree/wasi-0.1/preview1',
  modules: { wasi_snapshot_preview1: { ...FUNCTIONS, 'sockets.tcp': 'sock_accept' } },
}

/** The snapshot before it: the same names, some with other types. Wasmtime still takes it, and proxies do. */
export const WASIP0: Family = {
  title: 'WASI 0.0',
  spec: 'https://github.com/WebAssembly/WASI/tree/wasi-0.1/preview0',
  modules: { wasi_unstable: FUNCTIONS },
}

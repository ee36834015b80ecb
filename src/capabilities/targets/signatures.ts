/** A function's type as a core module's inspection has it, to the names that have it, blank-separated. */
type BySignature = Readonly<Record<string, string>>

/** WASI 0.1, lowered as its runtimes do: https://github.com/WebAssembly/WASI/tree/wasi-0.1/preview1 */
const WASIP1: BySignature = {
  '() -> (i32)': 'sched_yield',
  '(i32) -> ()': 'proc_exit',
  '(i32) -> (i32)': 'fd_close fd_datasync fd_sync proc_raise',
  '(i32, i32) -> (i32)': `
    args_get args_sizes_get clock_res_get environ_get environ_sizes_get fd_fdstat_get fd_fdstat_set_flags
    fd_filestat_get fd_prestat_get fd_renumber fd_tell random_get sock_shutdown
  `,
  '(i32, i32, i32) -> (i32)': `
    fd_prestat_dir_name path_create_directory path_remove_directory path_unlink_file sock_accept
  `,
  '(i32, i32, i32, i32) -> (i32)': 'fd_read fd_write poll_oneoff',
  '(i32, i32, i32, i32, i32) -> (i32)': 'path_filestat_get path_symlink sock_send',
  '(i32, i32, i32, i32, i32, i32) -> (i32)': 'path_readlink path_rename sock_recv',
  '(i32, i32, i32, i32, i32, i32, i32) -> (i32)': 'path_link',
  '(i32, i32, i32, i32, i32, i64, i64, i32, i32) -> (i32)': 'path_open',
  '(i32, i32, i32, i32, i64, i64, i32) -> (i32)': 'path_filestat_set_times',
  '(i32, i32, i32, i64, i32) -> (i32)': 'fd_pread fd_pwrite fd_readdir',
  '(i32, i64) -> (i32)': 'fd_filestat_set_size',
  '(i32, i64, i32) -> (i32)': 'clock_time_get',
  '(i32, i64, i32, i32) -> (i32)': 'fd_seek',
  '(i32, i64, i64) -> (i32)': 'fd_allocate fd_fdstat_set_rights',
  '(i32, i64, i64, i32) -> (i32)': 'fd_advise fd_filestat_set_times',
}

/**
 * Functions of every proxy-wasm host in `env`, without `proxy_`, and those of one version of the ABI. Where the
 * specification of 0.1.0 gives no result, hosts and SDKs have a status.
 * https://github.com/proxy-wasm/spec/tree/main/abi-versions
 * https://github.com/proxy-wasm/proxy-wasm-cpp-host/blob/main/include/proxy-wasm/exports.h
 */
const PROXY_WASM: BySignature = {
  '() -> (i32)': 'done',
  '(i32) -> (i32)': `
    get_current_time_nanoseconds grpc_cancel grpc_close set_effective_context set_tick_period_milliseconds
  `,
  '(i32, i32) -> (i32)': 'get_header_map_size get_metric',
  '(i32, i32, i32) -> (i32)': `
    dequeue_shared_queue enqueue_shared_queue get_buffer_status get_header_map_pairs get_status log
    register_shared_queue remove_header_map_value set_header_map_pairs
  `,
  '(i32, i32, i32, i32) -> (i32)': 'define_metric get_property grpc_send set_property',
  '(i32, i32, i32, i32, i32) -> (i32)': `
    add_header_map_value get_buffer_bytes get_header_map_value get_shared_data replace_header_map_value
    resolve_shared_queue set_buffer_bytes set_shared_data
  `,
  '(i32, i32, i32, i32, i32, i32) -> (i32)': 'call_foreign_function',
  '(i32, i32, i32, i32, i32, i32, i32, i32) -> (i32)': 'send_local_response',
  '(i32, i32, i32, i32, i32, i32, i32, i32, i32) -> (i32)': 'grpc_stream',
  '(i32, i32, i32, i32, i32, i32, i32, i32, i32, i32) -> (i32)': 'http_call',
  '(i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32) -> (i32)': 'grpc_call',
  '(i32, i64) -> (i32)': 'increment_metric record_metric',
}
const PROXY_WASM_VERSIONS = {
  '0.1.0': {
    '() -> (i32)': 'clear_route_cache continue_request continue_response',
    '(i32, i32) -> (i32)': 'get_configuration',
  },
  '0.2.0': { '(i32) -> (i32)': 'close_stream continue_stream' },
  '0.2.1': { '(i32) -> (i32)': 'close_stream continue_stream get_log_level' },
} as const satisfies Readonly<Record<string, BySignature>>

export type ProxyWasmVersion = keyof typeof PROXY_WASM_VERSIONS

/** Imports of Emscripten's runtime in `env`. */
const EMSCRIPTEN: BySignature = {
  '(i32) -> ()': 'emscripten_notify_memory_growth',
  '(i32, i32) -> (i32)': 'pthread_equal',
}

/** The functions that a host offers to core modules: module to name to type. */
export type CoreFunctions = ReadonlyMap<string, ReadonlyMap<string, string>>

export const listWasip1Functions = (): CoreFunctions =>
  new Map([['wasi_snapshot_preview1', mapToSignatures(WASIP1)]])

/** Proxy hosts provide WASI without signals, under both of its names. */
export function listProxyWasmFunctions(version: ProxyWasmVersion): CoreFunctions {
  const wasi = mapToSignatures(WASIP1)
  wasi.delete('proc_raise')
  const proxy = [...mapToSignatures(PROXY_WASM), ...mapToSignatures(PROXY_WASM_VERSIONS[version])]
  const env = new Map([
    ...mapToSignatures(EMSCRIPTEN),
    ...proxy.map(([name, type]) => [`proxy_${name}`, type] as const),
  ])
  return new Map([
    ['env', env],
    ['wasi_unstable', wasi],
    ['wasi_snapshot_preview1', wasi],
  ])
}

const mapToSignatures = (functions: BySignature): Map<string, string> =>
  new Map(
    Object.entries(functions).flatMap(([type, names]) =>
      names
        .trim()
        .split(/\s+/)
        .map((name) => [name, type] as const),
    ),
  )

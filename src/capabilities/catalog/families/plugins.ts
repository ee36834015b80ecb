import type { Family } from './family.ts'

/**
 * What every Extism host provides. Variables live as long as the plug-in; functions of the host's own program are in
 * `extism:host/user` and belong to no catalogue.
 */
export const EXTISM: Family = {
  title: 'Extism',
  spec: 'https://github.com/extism/extism/tree/main/runtime/src',
  modules: {
    'extism:host/env': {
      config: 'config_get',
      'keyvalue.get': 'var_get',
      'keyvalue.set': 'var_set',
      'http.outgoing': 'http_request',
      'http.types': 'http_status_code http_headers',
      logging: 'log_warn log_info log_debug log_error log_trace get_log_level',
      call: `
        alloc free length length_unsafe load_u8 load_u64 store_u8 store_u64 input_load_u8 input_load_u64
        input_offset input_length input_set output_set output_offset output_length reset error_set error_get
        memory_bytes
      `,
    },
  },
}

/** Kubewarden's policies and others: what `__host_call` does is in the three strings and the bytes that it sends. */
export const WAPC: Family = {
  title: 'waPC',
  spec: 'https://github.com/wapc/wapc-rs/blob/master/crates/wapc-guest/src/protocol.rs',
  modules: {
    wapc: {
      'host-call': '__host_call',
      logging: '__console_log',
      call: `
        __guest_request __guest_response __guest_error __host_response __host_response_len __host_error
        __host_error_len
      `,
    },
  },
}

import type { Family } from './family.ts'

/**
 * 0.1.0, 0.2.0 and 0.2.1 together: which of them a module is made for, one of its exports tells. The last two functions are what
 * every host of proxy-wasm gives to what Emscripten has built.
 */
export const PROXY_WASM: Family = {
  title: 'proxy-wasm',
  spec: 'https://github.com/proxy-wasm/spec/tree/main/abi-versions',
  modules: {
    env: {
      'proxy.log': 'proxy_log proxy_get_log_level',
      'proxy.timer': 'proxy_set_tick_period_milliseconds',
      'proxy.config': 'proxy_get_configuration',
      'proxy.headers.read': `
        proxy_get_header_map_size proxy_get_header_map_pairs proxy_get_header_map_value
      `,
      'proxy.headers.write': `
        proxy_set_header_map_pairs proxy_add_header_map_value proxy_replace_header_map_value
        proxy_remove_header_map_value
      `,
      'proxy.body.read': 'proxy_get_buffer_bytes proxy_get_buffer_status',
      'proxy.body.write': 'proxy_set_buffer_bytes',
      'proxy.stream': `
        proxy_send_local_response proxy_continue_request proxy_continue_response proxy_clear_route_cache
        proxy_continue_stream proxy_close_stream
      `,
      'proxy.properties.read': 'proxy_get_property',
      'proxy.properties.write': 'proxy_set_property',
      'proxy.metrics': 'proxy_define_metric proxy_record_metric proxy_increment_metric proxy_get_metric',
      'proxy.shared-data': 'proxy_get_shared_data proxy_set_shared_data',
      'proxy.shared-queue': `
        proxy_register_shared_queue proxy_resolve_shared_queue proxy_enqueue_shared_queue
        proxy_dequeue_shared_queue
      `,
      'proxy.http-call': 'proxy_http_call',
      'proxy.grpc-call': `
        proxy_grpc_call proxy_grpc_stream proxy_grpc_send proxy_grpc_cancel proxy_grpc_close
      `,
      'proxy.foreign-function': 'proxy_call_foreign_function',
      'clock.wall': 'proxy_get_current_time_nanoseconds',
      call: 'proxy_get_status proxy_done proxy_set_effective_context',
      toolchain: 'pthread_equal emscripten_notify_memory_growth',
    },
  },
}

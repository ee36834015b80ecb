import type { Family } from './family.ts'

export const WASI_THREADS: Family = {
  title: 'wasi-threads',
  spec: 'https://github.com/WebAssembly/wasi-threads',
  modules: { wasi: { threads: 'thread-spawn' } },
}

/** As core modules import it; `load_by_name_with_config`, `unload` and those on a single output are WasmEdge's. */
export const WASI_NN_CORE: Family = {
  title: 'wasi-nn for core modules',
  spec: 'https://github.com/WebAssembly/wasi-nn/blob/main/wasi-nn.witx',
  modules: {
    wasi_ephemeral_nn: {
      'nn.load': 'load',
      'nn.graphs': 'load_by_name load_by_name_with_config',
      'nn.types': `
        init_execution_context set_input get_output compute
        compute_single get_output_single fini_single finalize_execution_context unload
      `,
    },
  },
}

export const WASI_CRYPTO: Family = {
  title: 'wasi-crypto',
  spec: 'https://github.com/WebAssembly/wasi-crypto/tree/main/witx/witx-0.10',
  modules: {
    wasi_ephemeral_crypto_asymmetric_common: {
      crypto: `
        keypair_generate keypair_import keypair_generate_managed keypair_store_managed keypair_replace_managed
        keypair_id keypair_from_id keypair_from_pk_and_sk keypair_export keypair_publickey keypair_secretkey
        keypair_close publickey_import publickey_export publickey_verify publickey_from_secretkey
        publickey_close secretkey_import secretkey_export secretkey_close
      `,
    },
    wasi_ephemeral_crypto_common: {
      crypto: `
        options_open options_close options_set options_set_u64 options_set_guest_buffer array_output_len
        array_output_pull secrets_manager_open secrets_manager_close secrets_manager_invalidate
      `,
    },
    wasi_ephemeral_crypto_external_secrets: {
      crypto: `
        external_secret_store external_secret_replace external_secret_from_id external_secret_invalidate
        external_secret_encapsulate external_secret_decapsulate
      `,
    },
    wasi_ephemeral_crypto_kx: {
      crypto: 'kx_dh kx_encapsulate kx_decapsulate',
    },
    wasi_ephemeral_crypto_signatures: {
      crypto: `
        signature_export signature_import signature_state_open signature_state_update signature_state_sign
        signature_state_close signature_verification_state_open signature_verification_state_update
        signature_verification_state_verify signature_verification_state_close signature_close
      `,
    },
    wasi_ephemeral_crypto_signatures_batch: {
      crypto: 'batch_signature_state_sign batch_signature_state_verify',
    },
    wasi_ephemeral_crypto_symmetric: {
      crypto: `
        symmetric_key_generate symmetric_key_import symmetric_key_export symmetric_key_close
        symmetric_key_generate_managed symmetric_key_store_managed symmetric_key_replace_managed
        symmetric_key_id symmetric_key_from_id symmetric_state_open symmetric_state_options_get
        symmetric_state_options_get_u64 symmetric_state_clone symmetric_state_close symmetric_state_absorb
        symmetric_state_squeeze symmetric_state_squeeze_tag symmetric_state_squeeze_key
        symmetric_state_max_tag_len symmetric_state_encrypt symmetric_state_encrypt_detached
        symmetric_state_decrypt symmetric_state_decrypt_detached symmetric_state_ratchet symmetric_tag_len
        symmetric_tag_pull symmetric_tag_verify symmetric_tag_close
      `,
    },
    wasi_ephemeral_crypto_symmetric_batch: {
      crypto: `
        batch_symmetric_state_squeeze batch_symmetric_state_squeeze_tag batch_symmetric_state_encrypt
        batch_symmetric_state_encrypt_detached batch_symmetric_state_decrypt
        batch_symmetric_state_decrypt_detached
      `,
    },
  },
}

/** WasmEdge extensions of WASI 0.1, which no other runtime links. */
export const WASMEDGE_SOCKETS: Family = {
  title: "WasmEdge's sockets",
  spec: 'https://github.com/WasmEdge/WasmEdge/blob/master/lib/host/wasi/wasimodule.cpp',
  modules: {
    wasi_snapshot_preview1: {
      'sockets.connect': `
        sock_open sock_open_v2 sock_bind sock_bind_v2 sock_connect sock_connect_v2 sock_listen sock_listen_v2
        sock_accept_v2 sock_send_to sock_send_to_v2 sock_recv_from sock_recv_from_v2
      `,
      'sockets.stream': `
        sock_send_v2 sock_recv_v2 sock_getsockopt sock_setsockopt sock_getlocaladdr sock_getlocaladdr_v2
        sock_getpeeraddr sock_getpeeraddr_v2
      `,
      'sockets.dns': 'sock_getaddrinfo',
      'poll-or-clock': 'epoll_oneoff',
    },
  },
}

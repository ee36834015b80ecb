import { WasmpackError } from '../../errors.ts'
import { readTextFile } from '../../files/read-text-file.ts'
import type { TokenSource } from '../token-source.ts'

/** Where Kubernetes projects a token for cosign; its kubelet replaces it in time. */
export const PROJECTED_TOKEN = '/var/run/sigstore/cosign/oidc-token'

/** A file with nothing but a token, and a final line feed that does not count. It is read whenever a token is needed. */
export const tokenFile = (path: string, signal: AbortSignal): TokenSource => ({
  name: `file ${path}`,
  renewable: true,
  fetchToken: async () => ({
    text: (await readTextFile(path, { what: 'identity token', limit: TOKEN_FILE_LIMIT, signal })).replace(
      /\r?\n$/,
      '',
    ),
  }),
})

/** In bytes. */
const TOKEN_FILE_LIMIT = 64 * 1024

/** The projected token's file, if there is one. */
export async function findProjectedToken(
  signal: AbortSignal,
  path = PROJECTED_TOKEN,
): Promise<TokenSource | undefined> {
  const source = tokenFile(path, signal)
  try {
    await source.fetchToken()
    return source
  } catch (error) {
    if (error instanceof WasmpackError && error.code === 'FILE_NOT_FOUND') return undefined
    throw error
  }
}

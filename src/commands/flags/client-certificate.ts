import { readPemFile } from '../../delivery/files/text-file.ts'
import { WasmpackError } from '../../errors.ts'
import type { ClientCertificate } from '../../http/tls.ts'

export interface ClientCertificateFlags {
  readonly certFile?: string
  readonly keyFile?: string
}

/** The client certificate that the flags name, if any. Throws USAGE if only one of the two options is given. */
export async function readClientCertificate(
  { certFile, keyFile }: ClientCertificateFlags,
  signal: AbortSignal,
): Promise<ClientCertificate | undefined> {
  if (certFile === undefined && keyFile === undefined) return undefined
  if (certFile === undefined || keyFile === undefined) {
    const [given, missing] =
      certFile === undefined ? ['--key-file', '--cert-file'] : ['--cert-file', '--key-file']
    throw new WasmpackError('USAGE', `${given} requires ${missing}`, {
      hint: `pass both: ${given} ${certFile ?? keyFile} ${missing} FILE`,
    })
  }
  return {
    certificate: await readPemFile(certFile, 'client certificate', signal),
    key: await readPemFile(keyFile, 'private key of the client certificate', signal),
    files: { certificate: certFile, key: keyFile },
  }
}

import { WasmpackError } from '../../errors.ts'
import { quoted } from '../../printable.ts'

/** A key in a key management service (KMS): `NAME://ID`, where NAME is a plugin's and ID is the plugin's own. */
export interface KmsKeyUri {
  readonly plugin: string
  readonly id: string
}

const URI = /^([A-Za-z0-9][A-Za-z0-9._-]{0,63}):\/\/([^]*)$/
const ID = /^[^\p{Cc}\p{Cs}]{1,2048}$/u

/** Undefined for anything else, which is the path of a file. Throws USAGE for an id that no plugin gets. */
export function parseKeyUri(text: string): KmsKeyUri | undefined {
  const found = URI.exec(text)
  if (found === null) return undefined
  const [, plugin, id] = found as unknown as readonly [string, string, string]
  if (ID.test(id)) return { plugin, id }
  throw new WasmpackError('USAGE', `invalid key ${quoted(text.slice(0, 100))}: expected NAME://ID`, {
    hint: 'ID is what the plugin sigstore-kms-NAME calls the key, for example softhsm://release',
  })
}

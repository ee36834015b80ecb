import { createHash, type KeyObject } from 'node:crypto'

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** The key id that docker-registry 2.x computes: the first 240 bits of the key's SHA-256 in base32, in groups of four. */
export function libtrustFingerprint(key: KeyObject): string {
  const der = key.export({ type: 'spki', format: 'der' })
  const bits = [...createHash('sha256').update(der).digest().subarray(0, 30)]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('')
  const text = (bits.match(/.{5}/g) ?? []).map((five) => BASE32[Number.parseInt(five, 2)]).join('')
  return (text.match(/.{4}/g) ?? []).join(':')
}

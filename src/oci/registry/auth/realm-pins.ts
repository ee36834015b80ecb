import { dirname } from 'node:path'

import { WasmpackError } from '../../../errors.ts'
import { createAtomicFile } from '../../../files/atomic-file.ts'
import { makeDirectory } from '../../../files/make-directory.ts'
import { readTextFile } from '../../../files/read-text-file.ts'
import { writeFailure } from '../../../files/system-errors.ts'
import { normalizeRegistryHost } from '../../../hosts/registry-host.ts'
import { isRecord } from '../../../json.ts'
import { type KnownRealms, type RealmPin, isTrusted } from './realm.ts'

const LOG_IN_AGAIN = 'delete it, and log in again to your registries: wasmpack login REGISTRY'

/**
 * The token services that registries named at login, from the file at `path`, which is read when first needed. A missing or
 * unreadable file is empty. Throws CREDENTIALS_INVALID for a malformed one.
 */
export function openKnownRealms(path: string | undefined, trusted: readonly string[] = []): KnownRealms {
  let pins: Promise<ReadonlyMap<string, RealmPin>> | undefined
  return {
    trusted,
    async findPin(registry) {
      if (path === undefined) return undefined
      pins ??= readPins(path)
      return (await pins).get(normalizeRegistryHost(registry))
    },
  }
}

/** Creates the pin of a token service that was checked. */
export function createPin(realm: string, { trusted }: KnownRealms): RealmPin {
  const url = new URL(realm)
  return { origin: url.origin, trusted: isTrusted(url, trusted) }
}

/** Stores the token service of a registry, or that it names none. Throws FILE_UNWRITABLE and CREDENTIALS_INVALID. */
export async function storePin(path: string, registry: string, pin: RealmPin | undefined): Promise<void> {
  const pins = new Map(await readPins(path))
  const host = normalizeRegistryHost(registry)
  if (pin === undefined && !pins.has(host)) return
  if (pin === undefined) pins.delete(host)
  else pins.set(host, pin)
  const text = `${JSON.stringify({ realms: Object.fromEntries(pins) }, undefined, 2)}\n`
  try {
    await makeDirectory(dirname(path), 0o700)
    const file = await createAtomicFile(path, { mode: 0o600 })
    await file.write(Buffer.from(text))
    await file.commit()
  } catch (cause) {
    throw writeFailure('list of token services', path, cause)
  }
}

async function readPins(path: string): Promise<ReadonlyMap<string, RealmPin>> {
  let text: string
  try {
    text = await readTextFile(path, {
      what: 'list of token services',
      refusal: 'CREDENTIALS_INVALID',
      hint: LOG_IN_AGAIN,
    })
  } catch (error) {
    if (!(error instanceof WasmpackError) || error.code === 'CREDENTIALS_INVALID') throw error
    return new Map()
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw invalidPins(path)
  }
  const realms = isRecord(value) ? value['realms'] : undefined
  if (!isRecord(realms)) throw invalidPins(path)
  return new Map(
    Object.entries(realms).map(([host, pin]) => {
      if (!isRecord(pin) || typeof pin['origin'] !== 'string' || typeof pin['trusted'] !== 'boolean')
        throw invalidPins(path)
      return [normalizeRegistryHost(host), { origin: pin['origin'], trusted: pin['trusted'] }]
    }),
  )
}

const invalidPins = (path: string): WasmpackError =>
  new WasmpackError('CREDENTIALS_INVALID', `${path} is malformed`, {
    hint: LOG_IN_AGAIN,
  })

import { realpath } from 'node:fs/promises'
import { dirname } from 'node:path'

import { CREDENTIAL_FILE } from '../../../config/credential-file.ts'
import { WasmpackError } from '../../../errors.ts'
import { createAtomicFile } from '../../../files/atomic-file.ts'
import { makeDirectory } from '../../../files/make-directory.ts'
import { readTextFile } from '../../../files/read-text-file.ts'
import { writeFailure } from '../../../files/system-errors.ts'
import { printable } from '../../../printable.ts'
import { isRecord } from '../../../json.ts'
import { type Credential, IDENTITY_TOKEN_USER } from './credential.ts'
import { eraseWithHelper, storeWithHelper } from './credential-program.ts'
import {
  chooseHelper,
  isWritable,
  listKeys,
  parseConfigObject,
  parseDockerConfig,
  getServerKey,
} from './docker-config.ts'

/**
 * Stores a credential in Docker's config file at `path`, or with the helper that the file names; everything else in the file stays.
 * Returns where it was stored. Throws FILE_UNWRITABLE, and CREDENTIALS_INVALID for a file that is not Docker's.
 */
export async function storeCredential(
  path: string,
  registry: string,
  credential: Credential,
): Promise<{ readonly place: string }> {
  const file = await load(path)
  const helper = findHelper(file.text, path, registry)
  const key = getServerKey(registry)
  if (helper === undefined) {
    await save(file, { ...omitEntries(file, registry), [key]: formatEntry(credential) })
    return { place: path }
  }
  if (credential.kind === 'registry-token')
    throw new WasmpackError('USAGE', 'a credential helper cannot store a registry token', {
      hint: `${path} uses the helper ${printable(helper)}: pass another file with --registry-config, or log in with a password`,
    })
  const [username, secret] =
    credential.kind === 'basic'
      ? [credential.username, credential.password]
      : [IDENTITY_TOKEN_USER, credential.token]
  const problem = await storeWithHelper(helper, key, username, secret)
  if (problem !== undefined)
    throw new WasmpackError('FILE_UNWRITABLE', `the credentials were not stored: ${problem}`, {
      hint: `install the helper that ${path} names, or pass another file with --registry-config`,
    })
  // Docker marks a credential in a helper with an empty entry.
  await save(file, { ...omitEntries(file, registry), [key]: {} })
  return { place: `docker-credential-${helper}` }
}

/** Removes a stored credential; returns whether there was one. */
export async function removeCredential(path: string, registry: string): Promise<boolean> {
  const file = await load(path)
  if (file.text === '') return false
  const helper = findHelper(file.text, path, registry)
  const problem = helper === undefined ? undefined : await eraseWithHelper(helper, getServerKey(registry))
  if (problem !== undefined)
    throw new WasmpackError('FILE_UNWRITABLE', `the credentials were not removed: ${problem}`, {
      hint: `the helper is configured in ${path}`,
    })
  const rest = omitEntries(file, registry)
  const removed = Object.keys(rest).length < Object.keys(getAuths(file)).length
  if (removed) await save(file, rest)
  return removed || helper !== undefined
}

interface ConfigFile {
  /** The target of a symbolic link, which stays a link. */
  readonly path: string
  readonly text: string
  readonly fields: Readonly<Record<string, unknown>>
}

async function load(path: string): Promise<ConfigFile> {
  const real = await realpath(path).catch(() => path)
  const text = await readTextFile(real, CREDENTIAL_FILE).catch((error: unknown) => {
    if (error instanceof WasmpackError && error.code === 'FILE_NOT_FOUND') return ''
    throw error
  })
  const fields = parseConfigObject(text, path)
  if (isWritable(fields)) return { path: real, text, fields }
  throw new WasmpackError('CREDENTIALS_INVALID', `${path} is not a config.json of Docker`, {
    hint: 'login does not write to Secrets and .dockercfg files: pass another file with --registry-config',
  })
}

const findHelper = (text: string, path: string, registry: string): string | undefined =>
  chooseHelper(parseDockerConfig(text, path), registry)

const getAuths = ({ fields }: ConfigFile): Readonly<Record<string, unknown>> =>
  isRecord(fields['auths']) ? fields['auths'] : {}

function omitEntries(file: ConfigFile, registry: string): Record<string, unknown> {
  const keys = new Set(listKeys(registry))
  return Object.fromEntries(Object.entries(getAuths(file)).filter(([key]) => !keys.has(key.toLowerCase())))
}

function formatEntry(credential: Credential): Readonly<Record<string, string>> {
  const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64')
  switch (credential.kind) {
    case 'basic':
      return { auth: base64(`${credential.username}:${credential.password}`) }
    case 'identity-token':
      return {
        ...(credential.username === undefined ? {} : { auth: base64(`${credential.username}:`) }),
        identitytoken: credential.token,
      }
    case 'registry-token':
      return { registrytoken: credential.token }
  }
}

/** Replaces the file atomically, readable by its owner only. */
async function save(file: ConfigFile, auths: Readonly<Record<string, unknown>>): Promise<void> {
  const text = `${JSON.stringify({ ...file.fields, auths }, undefined, '\t')}\n`
  try {
    await makeDirectory(dirname(file.path), 0o700)
    const output = await createAtomicFile(file.path, { mode: 0o600 })
    await output.write(Buffer.from(text))
    await output.commit()
  } catch (error) {
    throw writeFailure(CREDENTIAL_FILE.what, file.path, error, {
      hint: 'check the permissions of the directory, or name another file with --registry-config',
    })
  }
}

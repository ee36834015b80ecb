import type { Diagnoser } from './diagnosis.ts'

export const quotaExceeded: Diagnoser = ({ status, text }) => {
  if (status !== 403 || !/quota|exceed|storage limit/i.test(text)) return undefined
  const [, adding, used, limit] =
    /adding ([\d.]{1,12} \w{1,4}) .{0,60}current usage of ([\d.]{1,12} \w{1,4}) .{0,60}limit of ([\d.]{1,12} \w{1,4})/.exec(
      text,
    ) ?? []
  return {
    code: 'REGISTRY_REFUSED',
    message:
      adding === undefined
        ? 'the storage quota of the registry is exceeded'
        : `the storage quota of the project is exceeded: ${used} of ${limit} used, ${adding} more needed`,
    hint: 'delete unused artifacts, or ask its administrator for a larger quota',
  }
}

export const readOnlyMode: Diagnoser = ({ status, text }) =>
  (status === 403 || status === 405) && /read[ -]?only/i.test(text)
    ? {
        code: 'REGISTRY_REFUSED',
        message: 'the registry is in read-only mode',
        hint: 'try again after its maintenance, or ask its administrator',
      }
    : undefined

export const proxyCacheReadOnly: Diagnoser = ({ status, text }) =>
  status === 403 && /proxy project/i.test(text)
    ? {
        code: 'REGISTRY_REFUSED',
        message: 'the project is a proxy cache of another registry and accepts no pushes',
        hint: 'push to that registry, or to another project',
      }
    : undefined

/** A policy of the project withholds a manifest that exists, although others of the repository can be read. */
export const manifestWithheld: Diagnoser = ({ status, text }, { manifest, repository }) => {
  if (status !== 412) return undefined
  const tool = /not signed by (\w+)/i.exec(text)?.[1]
  const which = manifest ?? 'this one'
  const withheld = {
    code: 'REGISTRY_REFUSED',
    ...(manifest === undefined ? {} : { withheld: true }),
  } as const
  if (tool?.toLowerCase() === 'notation')
    return {
      ...withheld,
      message: `the project serves only artifacts signed with Notation, and ${which} is not`,
      hint: 'wasmpack signs as cosign does: ask its administrator to require cosign signatures instead',
    }
  if (tool !== undefined)
    return {
      ...withheld,
      message: `the project serves only signed artifacts, and ${which} has no signature`,
      hint: `sign it first: wasmpack sign ${manifest?.includes('@') === true ? manifest : `${repository ?? 'REPOSITORY'}@DIGEST`} --key KEY`,
    }
  return /vulnerabilit/i.test(text)
    ? {
        ...withheld,
        message: `the project does not serve artifacts with known vulnerabilities, and ${which} has some`,
        hint: 'ask its administrator for the scan report, or to allow the artifact',
      }
    : undefined
}

export const tagImmutable: Diagnoser = ({ status, text }) => {
  const says = /immutable|already exists|cannot be overwritten/i.test(text)
  if (!(says && (status === 400 || status === 403)) && status !== 409 && status !== 412) return undefined
  if (/cannot be deleted/i.test(text))
    return {
      code: 'REGISTRY_REFUSED',
      message: 'the tag is immutable and cannot be deleted',
      hint: 'an immutability rule of the project protects it: ask its administrator',
    }
  return says
    ? {
        code: 'REGISTRY_REFUSED',
        message: 'the tag is immutable and already names another artifact',
        hint: 'choose a new tag',
      }
    : {
        code: 'REGISTRY_REFUSED',
        hint: 'another client changed the tag meanwhile, or a policy of the registry protects it: use a new tag',
      }
}

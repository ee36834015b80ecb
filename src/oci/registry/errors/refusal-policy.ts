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
        ? 'the storage that the registry allows is used up'
        : `the project is full: ${used} of ${limit} are in use, and ${adding} more do not fit`,
    hint: 'delete what is no longer needed, or ask its administrator for a larger quota',
  }
}

export const readOnlyMode: Diagnoser = ({ status, text }) =>
  (status === 403 || status === 405) && /read[ -]?only/i.test(text)
    ? {
        code: 'REGISTRY_REFUSED',
        message: 'the registry takes nothing at the moment: it is in read-only mode',
        hint: 'try again when its maintenance is over, or ask its administrator',
      }
    : undefined

export const proxyCacheReadOnly: Diagnoser = ({ status, text }) =>
  status === 403 && /proxy project/i.test(text)
    ? {
        code: 'REGISTRY_REFUSED',
        message: 'the project is a cache of another registry, and takes no pushes',
        hint: 'push to the registry that it is a cache of, or to another project',
      }
    : undefined

export const signatureRequired: Diagnoser = ({ status, text }) => {
  if (status !== 412) return undefined
  const tool = /not signed by (\w+)/i.exec(text)?.[1]
  if (tool?.toLowerCase() === 'notation')
    return {
      code: 'REGISTRY_REFUSED',
      message: 'the project hands out only what Notation has signed',
      hint: 'wasmpack signs as cosign does; its administrator can allow that in place of Notation',
    }
  if (tool !== undefined)
    return {
      code: 'REGISTRY_REFUSED',
      message: 'the project hands out signed artifacts only, and this one carries no signature',
      hint: 'whoever publishes it signs it first: wasmpack sign --key KEY REPOSITORY@DIGEST, or wasmpack push --key',
    }
  return /vulnerabilit/i.test(text)
    ? {
        code: 'REGISTRY_REFUSED',
        message: 'the project does not hand out what its scanner warns of',
        hint: 'its administrator can say what was found, and allow it',
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
      hint: 'a rule of the project keeps it; its administrator can change that',
    }
  return says
    ? {
        code: 'REGISTRY_REFUSED',
        message: 'the tag is immutable, and names another artifact already',
        hint: 'choose a new tag; what the old one names stays as it is',
      }
    : {
        code: 'REGISTRY_REFUSED',
        hint: 'the tag was written by somebody else meanwhile, or a policy of the registry keeps it; use a new tag',
      }
}

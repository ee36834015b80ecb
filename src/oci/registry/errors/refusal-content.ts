import { type Rule, saidCode } from './refusal.ts'

export const badName: Rule = (refused, asked) =>
  refused.status === 400 &&
  (saidCode(refused, 'NAME_INVALID') || /invalid repository name/i.test(refused.words))
    ? {
        code: 'REFERENCE_INVALID',
        message: `${asked.repository ?? asked.registry} is no name for a repository in ${asked.registry}`,
        hint: `Harbor wants a project before it: ${asked.registry}/PROJECT/NAME`,
      }
    : undefined

export const missingBlob: Rule = (refused) =>
  saidCode(refused, 'MANIFEST_BLOB_UNKNOWN') || (saidCode(refused, 'BLOB_UNKNOWN') && refused.status !== 404)
    ? { code: 'NOT_FOUND', message: 'a blob is missing in the registry', hint: 'push again' }
    : undefined

export const absent: Rule = (refused, asked) => {
  if (refused.status !== 404) return undefined
  const { repository } = asked
  const noRepository =
    saidCode(refused, 'NAME_UNKNOWN') || /repository\b.{0,300}\bnot found/i.test(refused.words)
  if (!noRepository || repository === undefined)
    return { code: 'NOT_FOUND', message: asked.absent, hint: 'check the spelling of the reference' }
  const ecr = /registry with id/i.test(refused.words)
  return {
    code: 'NOT_FOUND',
    message: `repository ${repository} does not exist`,
    hint: ecr
      ? `Amazon ECR wants it to be created first: aws ecr create-repository --repository-name ${repository.slice(asked.registry.length + 1)}`
      : 'check its spelling; some registries want a repository to be created before the first push',
  }
}

export const damaged: Rule = (refused) =>
  saidCode(refused, 'DIGEST_INVALID') || saidCode(refused, 'SIZE_INVALID')
    ? {
        code: 'DIGEST_MISMATCH',
        message: 'what arrived in the registry is not what was sent',
        hint: 'something between here and there changes bytes, a proxy for instance; push again',
      }
    : undefined

export const longHeader: Rule = ({ status, words, page }) =>
  status === 414 || status === 431 || (status === 400 && page && /header|cookie/i.test(words))
    ? {
        code: 'REGISTRY_REFUSED',
        message:
          'a server in front of the registry refuses the request as too long, most likely for its token',
        hint: 'an account with rights in fewer projects has a shorter one; in nginx the limit is large_client_header_buffers',
      }
    : undefined

export const tooLarge: Rule = (refused, { size }) => {
  const { status, page, words } = refused
  if (status !== 413 && !/(?:body|entity) too large|exceeds maximum allowed size/i.test(words))
    return undefined
  if (page)
    return {
      code: 'REGISTRY_REFUSED',
      message: `a server in front of the registry limits the size of what is uploaded${
        size === undefined ? '' : `, and ${size} bytes are too many`
      }`,
      hint: 'its administrator can raise the limit; in nginx it is client_max_body_size',
    }
  return saidCode(refused, 'MANIFEST_INVALID')
    ? {
        code: 'REGISTRY_REFUSED',
        message: 'the manifest is too large for the registry, which takes 4 MiB as a rule',
        hint: 'what makes it large are its annotations, and the capability manifest is one of them',
      }
    : {
        code: 'REGISTRY_REFUSED',
        message: 'the content is too large for the registry',
        hint: 'the registry, or a proxy in front of it, limits the size of what it takes',
      }
}

export const unsupportedType: Rule = (refused) => {
  const { status, words } = refused
  const type = /media ?type|artifact ?type|config type/i
  if (status !== 415 && !(status === 400 && saidCode(refused, 'MANIFEST_INVALID') && type.test(words)))
    return undefined
  return {
    code: 'REGISTRY_REFUSED',
    message: 'the registry takes no artifacts of this type',
    hint: 'its administrator can allow it; in Quay by FEATURE_GENERAL_OCI_SUPPORT and ALLOWED_OCI_ARTIFACT_TYPES',
  }
}

export const invalidManifest: Rule = (refused) =>
  refused.status === 400 && saidCode(refused, 'MANIFEST_INVALID')
    ? {
        code: 'REGISTRY_REFUSED',
        message: 'the registry does not take the manifest',
        hint: 'a rule of the registry may want more than the specification does; zot says so also when a blob is missing: push again',
      }
    : undefined

export const unsupported: Rule = (refused) =>
  refused.status === 405 || (refused.status === 400 && saidCode(refused, 'UNSUPPORTED'))
    ? {
        code: 'REGISTRY_REFUSED',
        message: 'the registry does not support this',
        hint: 'it may be switched off in its configuration; ask its administrator',
      }
    : undefined

import { type Diagnoser, hasErrorCode } from './diagnosis.ts'

export const nameInvalid: Diagnoser = (response, request) =>
  response.status === 400 &&
  (hasErrorCode(response, 'NAME_INVALID') || /invalid repository name/i.test(response.text))
    ? {
        code: 'REFERENCE_INVALID',
        message: `${request.repository ?? request.registry} is no name for a repository in ${request.registry}`,
        hint: `Harbor wants a project before it: ${request.registry}/PROJECT/NAME`,
      }
    : undefined

export const manifestBlobUnknown: Diagnoser = (response) =>
  hasErrorCode(response, 'MANIFEST_BLOB_UNKNOWN') ||
  (hasErrorCode(response, 'BLOB_UNKNOWN') && response.status !== 404)
    ? { code: 'NOT_FOUND', message: 'a blob is missing in the registry', hint: 'push again' }
    : undefined

export const notFound: Diagnoser = (response, request) => {
  if (response.status !== 404) return undefined
  const { repository } = request
  const noRepository =
    hasErrorCode(response, 'NAME_UNKNOWN') || /repository\b.{0,300}\bnot found/i.test(response.text)
  if (!noRepository || repository === undefined)
    return { code: 'NOT_FOUND', message: request.notFound, hint: 'check the spelling of the reference' }
  const ecr = /registry with id/i.test(response.text)
  return {
    code: 'NOT_FOUND',
    message: `repository ${repository} does not exist`,
    hint: ecr
      ? `Amazon ECR wants it to be created first: aws ecr create-repository --repository-name ${repository.slice(request.registry.length + 1)}`
      : 'check its spelling; some registries want a repository to be created before the first push',
  }
}

export const digestInvalid: Diagnoser = (response) =>
  hasErrorCode(response, 'DIGEST_INVALID') || hasErrorCode(response, 'SIZE_INVALID')
    ? {
        code: 'DIGEST_MISMATCH',
        message: 'what arrived in the registry is not what was sent',
        hint: 'something between here and there changes bytes, a proxy for instance; push again',
      }
    : undefined

export const headersTooLarge: Diagnoser = ({ status, text, isHtml }) =>
  status === 414 || status === 431 || (status === 400 && isHtml && /header|cookie/i.test(text))
    ? {
        code: 'REGISTRY_REFUSED',
        message:
          'a server in front of the registry refuses the request as too long, most likely for its token',
        hint: 'an account with rights in fewer projects has a shorter one; in nginx the limit is large_client_header_buffers',
      }
    : undefined

export const contentTooLarge: Diagnoser = (response, { size }) => {
  const { status, isHtml, text } = response
  if (status !== 413 && !/(?:body|entity) too large|exceeds maximum allowed size/i.test(text))
    return undefined
  if (isHtml)
    return {
      code: 'REGISTRY_REFUSED',
      message: `a server in front of the registry limits the size of what is uploaded${
        size === undefined ? '' : `, and ${size} bytes are too many`
      }`,
      hint: 'its administrator can raise the limit; in nginx it is client_max_body_size',
    }
  return hasErrorCode(response, 'MANIFEST_INVALID')
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

export const unsupportedMediaType: Diagnoser = (response) => {
  const { status, text } = response
  const type = /media ?type|artifact ?type|config type/i
  if (status !== 415 && !(status === 400 && hasErrorCode(response, 'MANIFEST_INVALID') && type.test(text)))
    return undefined
  return {
    code: 'REGISTRY_REFUSED',
    message: 'the registry takes no artifacts of this type',
    hint: 'its administrator can allow it; in Quay by FEATURE_GENERAL_OCI_SUPPORT and ALLOWED_OCI_ARTIFACT_TYPES',
  }
}

export const manifestInvalid: Diagnoser = (response) =>
  response.status === 400 && hasErrorCode(response, 'MANIFEST_INVALID')
    ? {
        code: 'REGISTRY_REFUSED',
        message: 'the registry does not take the manifest',
        hint: 'a rule of the registry may want more than the specification does; zot says so also when a blob is missing: push again',
      }
    : undefined

export const unsupported: Diagnoser = (response) =>
  response.status === 405 || (response.status === 400 && hasErrorCode(response, 'UNSUPPORTED'))
    ? {
        code: 'REGISTRY_REFUSED',
        message: 'the registry does not support this',
        hint: 'it may be switched off in its configuration; ask its administrator',
      }
    : undefined

import { type Diagnoser, type FailedRequest, hasErrorCode } from './diagnosis.ts'

export const nameInvalid: Diagnoser = (response, request) =>
  response.status === 400 &&
  (hasErrorCode(response, 'NAME_INVALID') || /invalid repository name/i.test(response.text))
    ? {
        code: 'REFERENCE_INVALID',
        message: `${request.repository ?? request.registry} is not a valid repository name in ${request.registry}`,
        hint: `Harbor requires a project: ${request.registry}/PROJECT/NAME`,
      }
    : undefined

export const manifestBlobUnknown: Diagnoser = (response) =>
  hasErrorCode(response, 'MANIFEST_BLOB_UNKNOWN') ||
  (hasErrorCode(response, 'BLOB_UNKNOWN') && response.status !== 404)
    ? { code: 'NOT_FOUND', message: 'the registry lacks a blob of the manifest', hint: 'push again' }
    : undefined

export const notFound: Diagnoser = (response, request) => {
  if (response.status !== 404) return undefined
  const { repository } = request
  const noRepository =
    hasErrorCode(response, 'NAME_UNKNOWN') || /repository\b.{0,300}\bnot found/i.test(response.text)
  if (!noRepository || repository === undefined)
    return {
      code: 'NOT_FOUND',
      message: request.notFound,
      hint: `check the spelling of the reference${explainUnsent(request)}`,
    }
  const ecr = /registry with id/i.test(response.text)
  return {
    code: 'NOT_FOUND',
    message: `repository ${repository} does not exist`,
    hint: ecr
      ? `create it first: aws ecr create-repository --repository-name ${repository.slice(request.registry.length + 1)}`
      : `check the spelling; some registries require creating a repository before the first push${explainUnsent(request)}`,
  }
}

/** Some registries hide private repositories from requests without credentials. */
const explainUnsent = ({ problem }: FailedRequest): string => (problem === undefined ? '' : `; ${problem}`)

export const digestInvalid: Diagnoser = (response) =>
  hasErrorCode(response, 'DIGEST_INVALID') || hasErrorCode(response, 'SIZE_INVALID')
    ? {
        code: 'DIGEST_MISMATCH',
        message: 'the registry received other bytes than were sent',
        hint: 'a proxy may change bytes on the way; push again',
      }
    : undefined

export const headersTooLarge: Diagnoser = ({ status, text, isHtml }) =>
  status === 414 || status === 431 || (status === 400 && isHtml && /header|cookie/i.test(text))
    ? {
        code: 'REGISTRY_REFUSED',
        message:
          'a server in front of the registry rejected the request headers as too large, probably for the bearer token',
        hint: 'use an account with access to fewer projects; in nginx the limit is large_client_header_buffers',
      }
    : undefined

export const contentTooLarge: Diagnoser = (response, { size }) => {
  const { status, isHtml, text } = response
  if (status !== 413 && !/(?:body|entity) too large|exceeds maximum allowed size/i.test(text))
    return undefined
  if (isHtml)
    return {
      code: 'REGISTRY_REFUSED',
      message: `a server in front of the registry limits the size of uploads${
        size === undefined ? '' : `, and ${size} bytes exceed it`
      }`,
      hint: 'ask its administrator to raise the limit; in nginx it is client_max_body_size',
    }
  return hasErrorCode(response, 'MANIFEST_INVALID')
    ? {
        code: 'REGISTRY_REFUSED',
        message: 'the manifest exceeds the size limit of the registry, usually 4 MiB',
        hint: 'shorten its annotations; the capability manifest is one of them',
      }
    : {
        code: 'REGISTRY_REFUSED',
        message: 'the content exceeds the size limit of the registry',
        hint: 'ask the administrator of the registry, or of a proxy in front of it, to raise the limit',
      }
}

export const unsupportedMediaType: Diagnoser = (response) => {
  const { status, text } = response
  const type = /media ?type|artifact ?type|config type/i
  if (status !== 415 && !(status === 400 && hasErrorCode(response, 'MANIFEST_INVALID') && type.test(text)))
    return undefined
  return {
    code: 'REGISTRY_REFUSED',
    message: 'the registry does not accept artifacts of this type',
    hint: 'ask its administrator to allow it; in Quay: FEATURE_GENERAL_OCI_SUPPORT and ALLOWED_OCI_ARTIFACT_TYPES',
  }
}

export const manifestInvalid: Diagnoser = (response) =>
  response.status === 400 && hasErrorCode(response, 'MANIFEST_INVALID')
    ? {
        code: 'REGISTRY_REFUSED',
        message: 'the registry rejected the manifest',
        hint: 'the registry may be stricter than the specification; zot reports a missing blob like this: push again',
      }
    : undefined

export const unsupported: Diagnoser = (response) =>
  response.status === 405 || (response.status === 400 && hasErrorCode(response, 'UNSUPPORTED'))
    ? {
        code: 'REGISTRY_REFUSED',
        message: 'the registry does not support this operation',
        hint: 'it may be disabled: ask its administrator',
      }
    : undefined

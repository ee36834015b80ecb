import { DESCRIPTION } from '../documents/metadata.ts'
import type { ScalarFormat } from '../documents/scalar-format.ts'
import { SIGNER_FORMATS } from './signers-reader.ts'

/** The grammars of the texts of a policy, shared with the JSON Schema. */
export const FORMATS = {
  ...SIGNER_FORMATS,
  digest: {
    pattern: '^(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$',
    expected: 'a digest: sha256: and 64 lower-case hexadecimal digits',
  },
  verifier: {
    pattern: String.raw`^[A-Za-z][A-Za-z0-9+.-]*:[!-~]{1,1024}$`,
    expected: 'the id of a verifier, a URI',
  },
  predicateType: {
    pattern: String.raw`^[A-Za-z][A-Za-z0-9+.-]*:[!-~]{1,1024}$`,
    expected: 'a predicate type: one of the short names, or a URI',
  },
  pointer: {
    pattern: String.raw`^(?:/(?:[^~/\u0000-\u001f\u007f-\u009f]|~[01]){0,256}){1,32}$`,
    expected: 'a JSON pointer such as /runDetails/builder/id',
  },
  value: {
    pattern: String.raw`^(?!.*\*\*)[^\u0000-\u001f\u007f-\u009f]{1,2048}$`,
    expected: 'a text in which * stands for any run of characters but "/"; ** is not supported',
  },
  time: {
    pattern: String.raw`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})$`,
    expected: 'an RFC 3339 time such as 2026-01-01T00:00:00Z',
    isSound: (text) => !Number.isNaN(Date.parse(text)),
  },
  duration: {
    pattern: '^[1-9][0-9]{0,5}[mhd]$',
    expected: 'a number of minutes, hours or days such as 30m, 48h or 365d',
  },
  reason: {
    pattern: DESCRIPTION.pattern.replace('{0,', '{1,'),
    expected: 'a reason: one line of text',
  },
} as const satisfies Readonly<Record<string, ScalarFormat>>

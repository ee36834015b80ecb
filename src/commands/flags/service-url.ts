import { WasmpackError } from '../../errors.ts'

/** Parses the address of a service, as an option gives it. */
export const createServiceUrlParser =
  (flag: string) =>
  (url: string): string => {
    const { protocol, username, password, hash } = URL.canParse(url) ? new URL(url) : NO_URL
    if ((protocol === 'https:' || protocol === 'http:') && username + password + hash === '') return url
    throw new WasmpackError(
      'USAGE',
      `invalid ${flag}: expected an http or https URL without user and fragment`,
      {
        hint: `for example ${flag} https://${flag.slice(2, flag.indexOf('-', 2))}.example.com`,
      },
    )
  }

const NO_URL = { protocol: '', username: '', password: '', hash: '' } as const

import { readProgramEnvironment } from '../../config/program-environment.ts'
import { startDetached } from '../../processes/detached-process.ts'

/** Programs that open a page in the user's browser, by platform. */
const OPENERS: Readonly<Record<string, readonly [program: string, ...args: readonly string[]]>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
}

/** Opens a page in the user's browser: by the given program, or that of the platform. Whether it could be started. */
export function openBrowser(url: string, browser: string | undefined): Promise<boolean> {
  const [program, ...args] = browser === undefined ? (OPENERS[process.platform] ?? ['xdg-open']) : [browser]
  return startDetached(program, [...args, url], readProgramEnvironment())
}

import { dirname, resolve } from 'node:path'

import type { Declaration } from '../../capabilities/declarations/declaration.ts'
import { WasmpackError } from '../../errors.ts'
import { readText } from './text-file.ts'

interface DeclarationRequest {
  /** Ends in `.toml` for a Spin application; anything else is a wassette policy. */
  readonly path: string
  readonly modulePath: string
  /** The component of a Spin application. */
  readonly component?: string | undefined
}

/** What a Spin application or a wassette policy allows a module. Throws DECLARATION_INVALID, or USAGE for a component that is not clear. */
export async function readDeclarationFile(
  { path, modulePath, component }: DeclarationRequest,
  signal?: AbortSignal,
): Promise<Declaration> {
  if (path.endsWith('.toml')) {
    const text = await readText(path, 'Spin application', signal)
    const { parseSpinApplication, chooseComponent, readSpinComponent } =
      await import('../../capabilities/declarations/spin-application.ts')
    const module = resolve(modulePath)
    const isModule = (source: string): boolean => resolve(dirname(path), source) === module
    return readSpinComponent(chooseComponent(parseSpinApplication(text, path), component, isModule), path)
  }
  if (component !== undefined)
    throw new WasmpackError('USAGE', '--component is for Spin applications, whose file ends in .toml', {
      hint: 'omit it, or pass --from spin.toml',
    })
  const text = await readText(path, 'wassette policy', signal)
  const { parseWassettePolicy } = await import('../../capabilities/declarations/wassette-policy.ts')
  return parseWassettePolicy(text, path === '-' ? 'stdin' : path)
}

/** Starts a program without a shell, in this environment, and leaves it alone: it may outlive us. Whether it could be started. */
export async function startDetached(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<boolean> {
  const { spawn } = await import('node:child_process')
  return await new Promise((resolve) => {
    const child = spawn(program, args, { detached: true, stdio: 'ignore', shell: false, env })
    child.once('spawn', () => {
      child.unref()
      resolve(true)
    })
    child.once('error', () => resolve(false))
  })
}

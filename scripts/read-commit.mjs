import { spawnSync } from 'node:child_process'

/**
 * The commit of a repository; undefined if files differ from it, or the directory is not the top of one.
 * @param {string} directory an absolute path without links
 */
export function readCommit(directory) {
  const [top, commit, changes] = [
    ['rev-parse', '--show-toplevel'],
    ['rev-parse', '--verify', 'HEAD'],
    ['status', '--porcelain'],
  ].map((args) => {
    const { status, stdout } = spawnSync('git', args, { cwd: directory, encoding: 'utf8' })
    return status === 0 ? stdout.trim() : undefined
  })
  return top === directory && changes === '' ? commit : undefined
}

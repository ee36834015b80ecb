import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { WasmpackError } from '../../errors.ts'
import { unwritable } from './files.ts'

/**
 * One process's wish to write, as an empty file in the directory that carries everything in its name. Ticket 0 says that
 * the process is still choosing its ticket.
 */
interface Claim {
  readonly file: string
  readonly ticket: number
  /** The machine and process namespace in which the pid means something. */
  readonly place: string
  readonly pid: number
  /** When the process began, so that another with the same pid is told apart; 0 where the system does not say. */
  readonly start: string
}

const NAME = /^\.wasmpack-lock\.([0-9]{1,15})\.([0-9a-f]{8})\.([0-9]{1,10})\.([0-9]{1,20})\.[0-9a-f]{16}$/
const PAUSE = 10

/**
 * Runs `work` while no other process runs its own in the same directory. This is Lamport's bakery: whoever has the lowest
 * ticket goes first. Every claim is a file of its own, so that the claim of a process that died can be removed by anybody
 * without ever removing a living one. Throws FILE_UNWRITABLE after `patience` milliseconds of waiting for another.
 */
export async function withLock<T>(directory: string, work: () => Promise<T>, patience = 60_000): Promise<T> {
  const owner = `${PLACE}.${process.pid}.${startOf(process.pid) ?? 0}.${randomBytes(8).toString('hex')}`
  const fileOf = (ticket: number): string => `.wasmpack-lock.${ticket}.${owner}`
  const choosing = fileOf(0)
  let mine: string | undefined
  try {
    await create(directory, choosing)
    const tickets = (await claims(directory)).map(({ ticket }) => ticket)
    const ticket = Math.max(0, ...tickets) + 1
    mine = fileOf(ticket)
    // The ticket is there before the choosing ends: whoever lists the directory sees one of the two.
    await create(directory, mine)
    await rm(join(directory, choosing), { force: true })
    const others = async (): Promise<readonly Claim[]> =>
      (await claims(directory)).filter(({ file }) => file !== mine)
    await waitFor(directory, patience, async () => (await others()).find((other) => other.ticket === 0))
    await waitFor(directory, patience, async () =>
      (await others()).find(
        (other) =>
          other.ticket !== 0 && (other.ticket < ticket || (other.ticket === ticket && other.file < mine!)),
      ),
    )
    return await work()
  } finally {
    for (const file of [choosing, mine])
      if (file !== undefined) await rm(join(directory, file), { force: true }).catch(() => undefined)
  }
}

async function create(directory: string, file: string): Promise<void> {
  const path = join(directory, file)
  try {
    await writeFile(path, '', { flag: 'wx' })
  } catch (error) {
    throw unwritable(path, error)
  }
}

async function waitFor(
  directory: string,
  patience: number,
  obstacle: () => Promise<Claim | undefined>,
): Promise<void> {
  for (let waited = 0; ; waited += PAUSE) {
    const claim = await obstacle()
    if (claim === undefined) return
    if (waited >= patience)
      throw new WasmpackError(
        'FILE_UNWRITABLE',
        `${directory} is being written by process ${claim.pid}${claim.place === PLACE ? '' : ' of another machine or container'}`,
        { hint: `if that process is gone, delete ${join(directory, claim.file)} and run the command again` },
      )
    await sleep(PAUSE)
  }
}

/** The claims of living processes; those of dead ones are removed on the way. */
async function claims(directory: string): Promise<readonly Claim[]> {
  const living: Claim[] = []
  for (const file of await readdir(directory).catch((error) =>
    Promise.reject(unwritable(directory, error)),
  )) {
    const found = NAME.exec(file)
    if (found === null) continue
    const claim = {
      file,
      ticket: Number(found[1]),
      place: found[2]!,
      pid: Number(found[3]),
      start: found[4]!,
    }
    if (isAlive(claim)) living.push(claim)
    else await rm(join(directory, file), { force: true }).catch(() => undefined)
  }
  return living
}

function isAlive({ place, pid, start }: Claim): boolean {
  if (place !== PLACE) return true
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
  const now = startOf(pid)
  return start === '0' || now === undefined || now === start
}

/** In clock ticks since the machine's start: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html, field 22. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

const PLACE = createHash('sha256').update(`${hostname()} ${namespace()}`).digest('hex').slice(0, 8)

function namespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

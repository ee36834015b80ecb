import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { readdir, rm, stat, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { WasmpackError } from '../../errors.ts'
import { isSystemError } from '../../files/system-errors.ts'
import { toWriteFailure } from './files.ts'

/**
 * A process that waits for the lock or holds it: an empty file in the directory, with all fields in its name. Ticket 0 means that
 * the process is still choosing its ticket.
 */
interface Claim {
  readonly file: string
  readonly ticket: number
  /** Identifies the machine and the process namespace of the pid. */
  readonly place: string
  readonly pid: number
  /** Start time of the process, which detects a reused pid; 0 if unknown. */
  readonly start: string
}

const NAME = /^\.wasmpack-lock\.([0-9]{1,15})\.([0-9a-f]{8})\.([0-9]{1,10})\.([0-9]{1,20})\.[0-9a-f]{16}$/
const PAUSE = 10
/** A claim of another machine that is older belongs to a dead process. In milliseconds. */
const STALE = 60 * 60 * 1000

interface LockOptions {
  /** How long to wait for other processes in all, in milliseconds. */
  readonly timeout?: number
  readonly signal?: AbortSignal | undefined
  /** A clock that only goes forward, in milliseconds. */
  readonly now?: () => number
}

/**
 * Runs `work` under an exclusive lock of the directory. This is Lamport's bakery algorithm: the lowest ticket goes first. Each claim
 * is a separate file, so that any process can remove the claim of a dead process without removing a live one. Processes of other
 * machines cannot be checked, so their claims expire after an hour. Throws FILE_UNWRITABLE after the timeout, and the signal's
 * reason when it is aborted while waiting.
 */
export async function withLock<T>(
  directory: string,
  work: () => Promise<T>,
  { timeout = 60_000, signal, now: clock = () => performance.now() }: LockOptions = {},
): Promise<T> {
  const owner = `${PLACE}.${process.pid}.${readStartTime(process.pid) ?? 0}.${randomBytes(8).toString('hex')}`
  const fileOf = (ticket: number): string => `.wasmpack-lock.${ticket}.${owner}`
  const choosing = fileOf(0)
  let mine: string | undefined
  try {
    const now = await createClaim(directory, choosing)
    const tickets = (await readClaims(directory, now)).map(({ ticket }) => ticket)
    const ticket = Math.max(0, ...tickets) + 1
    mine = fileOf(ticket)
    // Create the ticket before removing the choosing mark, so that other processes always see one of the two.
    await createClaim(directory, mine)
    await rm(join(directory, choosing), { force: true })
    const others = async (): Promise<readonly Claim[]> =>
      (await readClaims(directory, now)).filter(({ file }) => file !== mine)
    const chooser = async (): Promise<Claim | undefined> =>
      (await others()).find((other) => other.ticket === 0)
    const earlier = async (): Promise<Claim | undefined> =>
      (await others()).find(
        (other) =>
          other.ticket !== 0 && (other.ticket < ticket || (other.ticket === ticket && other.file < mine!)),
      )
    const patience = { end: clock() + timeout, signal, clock }
    await waitFor(directory, patience, chooser)
    await waitFor(directory, patience, earlier)
    return await work()
  } finally {
    for (const file of [choosing, mine])
      if (file !== undefined) await rm(join(directory, file), { force: true }).catch(() => undefined)
  }
}

/** Returns its time by the clock of the file system, which all processes share. */
async function createClaim(directory: string, file: string): Promise<number> {
  const path = join(directory, file)
  try {
    await writeFile(path, '', { flag: 'wx' })
    return (await stat(path)).mtimeMs
  } catch (error) {
    throw toWriteFailure(path, error)
  }
}

interface Patience {
  /** By the clock; looking into a directory may take longer than the pauses between. */
  readonly end: number
  readonly clock: () => number
  readonly signal: AbortSignal | undefined
}

async function waitFor(
  directory: string,
  { end, clock, signal }: Patience,
  obstacle: () => Promise<Claim | undefined>,
): Promise<void> {
  for (;;) {
    signal?.throwIfAborted()
    const claim = await obstacle()
    if (claim === undefined) return
    if (clock() >= end) throw directoryLocked(directory, claim)
    await sleep(PAUSE)
  }
}

function directoryLocked(directory: string, { place, pid, file }: Claim): WasmpackError {
  const remedy = `delete ${join(directory, file)} and run the command again`
  return place === PLACE
    ? new WasmpackError('FILE_UNWRITABLE', `${directory} is locked by process ${pid}`, {
        hint: `if that process hangs, end it and run the command again; if it is not wasmpack, ${remedy}`,
      })
    : new WasmpackError(
        'FILE_UNWRITABLE',
        `${directory} is locked by process ${pid} of another machine or container`,
        { hint: `if that machine, container or process is gone, ${remedy}` },
      )
}

/** The claims of live processes; those of dead ones are removed. */
async function readClaims(directory: string, now: number): Promise<readonly Claim[]> {
  const living: Claim[] = []
  for (const file of await readdir(directory).catch((error) =>
    Promise.reject(toWriteFailure(directory, error)),
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
    const path = join(directory, file)
    if (claim.place === PLACE ? isAlive(claim) : await isFresh(path, now)) living.push(claim)
    else await rm(path, { force: true }).catch(() => undefined)
  }
  return living
}

async function isFresh(path: string, now: number): Promise<boolean> {
  try {
    return now - (await stat(path)).mtimeMs < STALE
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false
    throw toWriteFailure(path, error)
  }
}

function isAlive({ pid, start }: Claim): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
  const now = readStartTime(pid)
  return start === '0' || now === undefined || now === start
}

/** In clock ticks since the machine's start: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html, field 22. */
function readStartTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

const PLACE = createHash('sha256').update(`${hostname()} ${readNamespace()}`).digest('hex').slice(0, 8)

function readNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

import { spawn } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { closed, holdPort } from './ports.ts'
import { haveEnded, isAlive, markProcess, type ProcessMark, processTree, signalAll } from './process-tree.ts'
import type { Instance, ProcessPlan, Server } from './server.ts'
import { userToRunAs } from './user.ts'

const pollMs = 50

/** A server that does not answer this long after its start is given up, in milliseconds. */
const readyWithinMs = 180_000

/** One exchange of the readiness check, in milliseconds. */
const exchangeWithinMs = 5_000

/** An orderly end that takes longer becomes a kill, in milliseconds. */
const endWithinMs = 20_000

/** Lines of its log that the error about a failed start shows. */
const logLinesShown = 25

/** A process of a running instance. */
export interface RunningProcess extends ProcessMark {
  readonly name: string
  readonly stopSignal: NodeJS.Signals
}

/**
 * Starts all processes of an instance; resolves when each answers. When one does not, none is left. A folder in which
 * no start ever succeeded begins anew.
 */
export async function startProcesses(server: Server, instance: Instance): Promise<RunningProcess[]> {
  const populated = join(instance.folder, 'populated')
  const isNew = !existsSync(populated)
  if (isNew) rmSync(instance.folder, { recursive: true, force: true })
  mkdirSync(instance.folder, { recursive: true, mode: 0o755 })
  chmodSync(instance.folder, 0o755)
  await refuseTakenPorts(instance)
  await server.prepare(instance)
  const running: RunningProcess[] = []
  try {
    for (const plan of server.processes(instance)) {
      const started = launch(plan, instance)
      running.push(started)
      await untilReady(plan, started, instance)
    }
    if (isNew) {
      await server.populate?.(instance)
      writeFileSync(populated, '')
    }
  } catch (error) {
    await killProcesses(running)
    throw error
  }
  return running
}

/** Time for an orderly end when the data is thrown away afterwards, in milliseconds: enough to release shared memory. */
export const discardWithinMs = 3_000

/** Asks each to end, the last started first, and kills what does not; nothing of the instance runs afterwards. */
export async function stopProcesses(
  running: readonly RunningProcess[],
  withinMs = endWithinMs,
): Promise<void> {
  for (const one of running.toReversed()) {
    const tree = processTree(one)
    signalAll([one], one.stopSignal)
    if (await haveEnded(tree, withinMs)) continue
    signalAll(tree, 'SIGKILL')
    await haveEnded(tree, endWithinMs)
  }
}

/** SIGKILL for all processes and what they started; resolves when they are gone. */
export async function killProcesses(running: readonly RunningProcess[]): Promise<void> {
  const marks = running.flatMap(one => processTree(one))
  signalAll(marks, 'SIGKILL')
  if (!(await haveEnded(marks, endWithinMs)))
    throw new Error(`processes ${marks.map(({ id }) => id).join(', ')} outlived SIGKILL`)
}

async function refuseTakenPorts(instance: Instance): Promise<void> {
  for (const [role, port] of Object.entries(instance.ports)) {
    const held = await holdPort(port)
    if (held === undefined)
      throw new Error(`${instance.server} cannot listen on 127.0.0.1:${port} (${role}): another program does`)
    await closed(held)
  }
}

function launch(plan: ProcessPlan, instance: Instance): RunningProcess {
  const log = openSync(instance.logFile, 'a')
  try {
    const child = spawn(plan.command, plan.args, {
      cwd: instance.folder,
      // A session of its own: the signal of a terminal (^C in a test run) is not the server's.
      detached: true,
      stdio: ['ignore', log, log],
      env: { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', HOME: instance.folder, ...plan.environment },
      ...userToRunAs(plan.user),
    })
    child.on('error', () => undefined)
    child.unref()
    if (child.pid === undefined) throw new Error(`${plan.command} could not be started`)
    return { ...markProcess(child.pid), name: plan.name, stopSignal: plan.stopSignal ?? 'SIGTERM' }
  } finally {
    closeSync(log)
  }
}

async function untilReady(plan: ProcessPlan, started: RunningProcess, instance: Instance): Promise<void> {
  const deadline = performance.now() + readyWithinMs
  for (;;) {
    let reason: unknown
    try {
      await plan.ready(AbortSignal.timeout(exchangeWithinMs))
      return
    } catch (error) {
      reason = error
    }
    const name = `${instance.server}: ${plan.name}`
    if (!isAlive(started)) throw new Error(`${name} ended while starting\n${lastLines(instance.logFile)}`)
    if (performance.now() > deadline)
      throw new Error(`${name} was not ready within ${readyWithinMs} ms\n${lastLines(instance.logFile)}`, {
        cause: reason,
      })
    await pause(pollMs)
  }
}

function lastLines(logFile: string): string {
  try {
    const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-logLinesShown)
    return [`the end of ${logFile}:`, ...lines].join('\n')
  } catch {
    return `it has no log in ${logFile}`
  }
}

import { setTimeout as pause } from 'node:timers/promises'
import { closed, holdPort } from './ports.ts'

const pollMs = 50

/** Installing is the longest thing that is done under a lock, in milliseconds. */
const lockWithinMs = 900_000

/**
 * Runs the task while no other process does the same under this port. Listening on a port is the lock: the system
 * releases it when the process ends, however it ends, so no lock is ever left behind.
 */
export async function underLock<Result>(
  port: number,
  task: () => Promise<Result>,
  withinMs = lockWithinMs,
): Promise<Result> {
  const deadline = performance.now() + withinMs
  let lock = await holdPort(port)
  while (lock === undefined) {
    if (performance.now() > deadline)
      throw new Error(`127.0.0.1:${port}, which serves as a lock, was not free within ${withinMs} ms`)
    await pause(pollMs)
    lock = await holdPort(port)
  }
  try {
    return await task()
  } finally {
    await closed(lock)
  }
}

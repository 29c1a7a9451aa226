import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { LaunchRequest } from './launch.ts'

/**
 * Starts a process here. A stream is one of `given`, by its number, or else a pipe. Rejects when the program cannot be
 * started, with the reason of the system.
 */
export async function startHere(
  request: LaunchRequest,
  given: ReadonlyMap<number, Socket>,
): Promise<ChildProcess & { readonly pid: number }> {
  const child = spawnWith(request, given)
  for (const [number, descriptor] of request.descriptors.entries()) {
    const stream = child.stdio[number] as Duplex | null | undefined
    // The program may end before it has read everything; its exit tells.
    stream?.on('error', () => {})
    if (descriptor.kind === 'text') stream?.end(descriptor.text)
  }
  if (!hasStarted(child)) {
    const [error] = (await once(child, 'error')) as [Error]
    throw error
  }
  child.on('error', () => {})
  return child
}

function spawnWith(request: LaunchRequest, given: ReadonlyMap<number, Socket>): ChildProcess {
  const { command, args, folder, environment, descriptors } = request
  const opened: number[] = []
  try {
    const stdio = descriptors.map((descriptor, number) => {
      if (descriptor.kind === 'nothing') return 'ignore'
      if (descriptor.kind !== 'file') return given.get(number) ?? 'pipe'
      const file = openSync(descriptor.path, 'r')
      opened.push(file)
      return file
    })
    return spawn(command, args, { cwd: folder, detached: true, stdio, env: environment })
  } finally {
    for (const file of opened) closeSync(file)
  }
}

function hasStarted(child: ChildProcess): child is ChildProcess & { readonly pid: number } {
  return child.pid !== undefined
}

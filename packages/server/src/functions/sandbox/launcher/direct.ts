import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { assert } from '@millrace/spi'
import type { Launched, Launcher, LaunchRequest } from './launch.ts'
import { startHere } from './start.ts'

/**
 * Starts processes from the server itself, whose event loop stands still while the kernel copies its page tables. For
 * the few processes of the start of the server, and where no load is to be borne.
 */
export const directLauncher: Launcher = {
  async launch(request: LaunchRequest): Promise<Launched> {
    const child = await startHere(request, new Map())
    const ended = once(child, 'exit').then(([code, signal]) => ({ code, signal }))
    return {
      processId: child.pid,
      ended,
      stream(descriptor) {
        const stream = child.stdio[descriptor] as Duplex | null | undefined
        assert(stream !== null && stream !== undefined, 'only what was asked for as a stream is used as one')
        return stream
      },
    }
  },
  warm: () => {},
  close: () => Promise.resolve(),
}

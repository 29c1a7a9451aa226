import type { Duplex } from 'node:stream'
import type { Launched } from '../launcher/index.ts'
import { connectionDescriptors } from '../network/index.ts'

/** Of what the commands say about a failure. */
const errorsLengthMax = 200

/**
 * Commands of a shell that run others beside what the shell becomes, in its process group, with which they are killed.
 * They hold nothing of the instance's own descriptors, and the instance none of theirs.
 */
export function besideInstance(commands: string): string {
  const { control, ready, errors } = connectionDescriptors
  return `( {
exec </dev/null >/dev/null 2>&${errors} 3<&- 4<&- 5<&-
${commands}
} & )
exec ${control}<&- ${ready}<&- ${errors}<&-
`
}

/** The server's side of the commands that connect the network of an instance. */
export class Connection {
  readonly #control: Duplex
  readonly #ready: Promise<void>

  constructor(launched: Launched) {
    const { control, ready, errors } = connectionDescriptors
    const stream = (descriptor: number): Duplex => {
      const found = launched.stream(descriptor)
      found.on('error', () => {})
      return found
    }
    this.#control = stream(control)
    let reason = ''
    const failures = stream(errors)
    failures.setEncoding('utf8')
    failures.on('data', (chunk: string) => {
      reason = `${reason}${chunk}`.slice(-errorsLengthMax)
    })
    const signal = stream(ready)
    this.#ready = new Promise((resolve, reject) => {
      signal.once('data', () => resolve())
      const fail = (): void => reject(new Error(`an instance could not be connected: ${reason.trim()}`))
      // What was said before the end may come after it.
      signal.once('close', () => {
        if (failures.closed) fail()
        else failures.once('close', fail)
      })
    })
    // Whoever waits for it is told; an instance that ends before it is connected has nobody that does.
    this.#ready.catch(() => {})
    void launched.ended.then(() => this.#control.destroy())
  }

  /** Resolves when the namespaces of the process are connected; they are until the instance ends. */
  async open(processId: number): Promise<void> {
    this.#control.write(`${processId}\n`)
    await this.#ready
  }
}

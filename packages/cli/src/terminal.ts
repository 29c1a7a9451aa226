import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import picocolors from 'picocolors'

/** Where a command writes and how; tests give their own. */
export interface Terminal {
  /** Bytes are written as they are, for answers that are no text. */
  out(text: string | Uint8Array): void
  error(text: string): void
  readonly colors: typeof picocolors
  /** True when a person watches: progress lines may be rewritten in place. */
  readonly isInteractive: boolean
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Standard input as a whole. */
  readInput(): Promise<Uint8Array>
  /** A line that is typed unseen where a person sits at the keyboard, or the first line of standard input. */
  readHidden(question: string): Promise<string>
  /** Aborts at the first Ctrl-C or SIGTERM. */
  interrupted(): AbortSignal
}

export interface CommandContext {
  readonly terminal: Terminal
  /** Sets the exit code without ending the process at once. */
  readonly exit: (code: number) => void
}

export function systemTerminal(): Terminal {
  endWithReader(process.stdout)
  const readInput = async (): Promise<Uint8Array> => {
    const chunks: Buffer[] = []
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks)
  }
  return {
    out: text => void process.stdout.write(text),
    error: text => void process.stderr.write(text),
    colors: picocolors,
    isInteractive: process.stdout.isTTY,
    environment: process.env,
    readInput,
    async readHidden(question) {
      if (process.stdin.isTTY) return await typedUnseen(question)
      const [line = ''] = Buffer.from(await readInput())
        .toString()
        .split(/\r?\n/, 1)
      return line
    },
    interrupted() {
      const controller = new AbortController()
      const abort = (): void => controller.abort()
      process.once('SIGINT', abort)
      process.once('SIGTERM', abort)
      return controller.signal
    },
  }
}

function typedUnseen(question: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true })
  process.stderr.write(question)
  return new Promise((resolve, reject) => {
    const end = (): void => {
      lines.close()
      process.stderr.write('\n')
    }
    lines.once('SIGINT', () => {
      end()
      reject(new Error('nothing was changed'))
    })
    lines.question('', answer => {
      end()
      resolve(answer)
    })
  })
}

/**
 * A reader that has left, as `head` does when it has enough, is no failure: the command ends as by SIGTERM, without a
 * word, and with code 0 where nothing has to be ended first.
 */
function endWithReader(output: NodeJS.WriteStream): void {
  let hasLeft = false
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    if (hasLeft) return
    hasLeft = true
    if (!process.emit('SIGTERM')) process.exit(0)
  })
}

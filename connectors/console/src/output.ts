import type { PluginLog } from '@millrace/spi'
import { outputError } from './errors.ts'

/** Takes lines; resolves when they are gone. Rejects with `sink.unavailable` when nobody can be shown anything. */
export type Output = (lines: readonly string[]) => Promise<void>

/** Lines as messages of a log. */
export function logOutput(log: PluginLog, target: string): Output {
  return lines => {
    for (const line of lines) log.info('event', { target, line })
    return Promise.resolve()
  }
}

/** What of a stream is needed. */
export interface Writable {
  write(text: string, written: (error?: Error | null) => void): boolean
}

/** Lines as lines of a stream. */
export function streamOutput(stream: Writable): Output {
  return lines =>
    new Promise((resolve, reject) => {
      stream.write(`${lines.join('\n')}\n`, error => {
        if (error === undefined || error === null) resolve()
        else reject(outputError(error))
      })
    })
}

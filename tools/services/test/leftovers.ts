import { readdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Command lines of running processes that name the folder of the log file. */
export function processesThatMention(logFile: string): string[] {
  const folder = dirname(logFile)
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(commandLine)
    .filter(line => line.includes(folder))
}

function commandLine(id: string): string {
  try {
    return readFileSync(`/proc/${id}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}

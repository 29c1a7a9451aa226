import { readFile } from 'node:fs/promises'
import type { Terminal } from '../../terminal.ts'

/** What a flag such as `--event` stands for: the text itself, `@file` the bytes of a file, `-` standard input. */
export async function readPayload(terminal: Terminal, text: string | undefined): Promise<Uint8Array> {
  if (text === undefined) return new Uint8Array()
  if (text === '-') return await terminal.readInput()
  if (text.startsWith('@')) return await readFile(text.slice(1))
  return Buffer.from(text)
}

/** JSON in colours of its own lines, other text as it is, other bytes as their number. */
export function showPayload(payload: Uint8Array, contentType: string | undefined): string {
  if (payload.length === 0) return ''
  const text = Buffer.from(payload).toString()
  if (contentType?.startsWith('application/json') === true) {
    try {
      return `${JSON.stringify(JSON.parse(text), null, 2)}\n`
    } catch {
      return `${text}\n`
    }
  }
  if (isText(payload)) return text.endsWith('\n') ? text : `${text}\n`
  return `${payload.length} bytes of ${contentType ?? 'no known type'}; keep them with: > FILE\n`
}

function isText(payload: Uint8Array): boolean {
  try {
    return !new TextDecoder('utf-8', { fatal: true }).decode(payload).includes('\0')
  } catch {
    return false
  }
}

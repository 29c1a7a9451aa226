import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Row } from './functions/rows.mts'
import type { Store } from './run.ts'

/** The store where no database is at hand: what the file connector appends to a file. */
export function fileStore(path: string): Store {
  const rows: Row[] = []
  // A batch that is written again is in the file twice.
  const ids = new Set<string>()
  let bytesRead = 0
  return {
    environment: 'embedded',
    async count() {
      const { size } = await stat(path).catch(() => ({ size: 0 }))
      if (size > bytesRead) {
        const parts: Buffer[] = []
        for await (const part of createReadStream(path, { start: bytesRead, end: size - 1 }))
          parts.push(part as Buffer)
        const bytes = Buffer.concat(parts)
        const end = bytes.lastIndexOf('\n') + 1
        bytesRead += end
        for (const line of bytes.toString('utf8', 0, end).split('\n').filter(Boolean)) {
          const row = JSON.parse(line) as Row
          rows.push(row)
          ids.add(row.id)
        }
      }
      return ids.size
    },
    rows: () => Promise.resolve(rows),
  }
}

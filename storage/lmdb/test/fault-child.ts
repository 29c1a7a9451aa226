/**
 * The process under fault injection: `fault-child.ts <folder> <writes> append|mixed`. Makes writes one by one: appends,
 * which need the file of their log only, or in turn with them commits with a journal entry, which need LMDB as well. Every write puts its number
 * into the log. Prints what became of each; closes the store.
 */
import type { AppError } from '@millrace/spi'
import { openStorage } from '../src/index.ts'

const [path = '', writes = '0', kind = 'mixed'] = process.argv.slice(2)
const storage = await openStorage({ path })
const outcomes: string[] = []
for (let index = 0; index < Number(writes); index++) {
  const entry = { bytes: Buffer.from(`write ${index} `.padEnd(6_000, 'x')), acceptedAtMs: 1 }
  const delivery = { position: index, attempts: 0, dueAtMs: 0, enqueuedAtMs: 1, lane: undefined }
  try {
    if (kind === 'append' || index % 2 === 0) await storage.log.append('log', [entry])
    else
      await storage.queue.commit({
        put: [{ queue: 'q', delivery }],
        journal: [{ log: 'log', entries: [entry] }],
      })
    outcomes.push('ok')
  } catch (error) {
    outcomes.push((error as AppError).code)
  }
}
await storage[Symbol.asyncDispose]()
console.log(JSON.stringify(outcomes))

/**
 * The process under fault injection: `fault-child.ts <folder> <appends>`. Appends one by one to a log that exists, then
 * prints what became of each, what can be read in the end, and whether the store closed.
 */
import type { AppError } from '@millrace/spi'
import { openStorage } from '../src/index.ts'

const [path = '', appends = '0'] = process.argv.slice(2)
const storage = await openStorage({ path })
const { next } = await storage.log.stat('log')
const outcomes: string[] = []
for (let index = 0; index < Number(appends); index++) {
  const bytes = Buffer.from(`append ${index} `.padEnd(6_000, 'x'))
  try {
    await storage.log.append('log', [{ bytes, acceptedAtMs: 1 }])
    outcomes.push('ok')
  } catch (error) {
    outcomes.push((error as AppError).code)
  }
}
await storage[Symbol.asyncDispose]()
console.log(JSON.stringify({ from: next, outcomes }))

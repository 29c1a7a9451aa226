/**
 * The process that is killed: `child.ts <folder> <seed> <first write>`. Makes numbered writes in order, many under way at
 * once, and prints the number of each when its promise resolves. Runs until it is killed.
 */
import { openStorage } from '@millrace/storage-lmdb'
import { performWrite } from './operations.ts'

/** Writes under way at once. */
const windowMax = 48

const [path = '', seed = '0', first = '1'] = process.argv.slice(2)
const storage = await openStorage({ path })
let index = Number(first)

async function writer(): Promise<void> {
  for (;;) {
    const mine = index
    index += 1
    await performWrite(storage, Number(seed), mine)
    process.stdout.write(`${mine}\n`)
  }
}

await Promise.all(Array.from({ length: windowMax }, writer))

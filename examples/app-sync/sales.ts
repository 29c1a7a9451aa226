import { createClient } from '@millrace/sdk'
import { prepare, RealSystems } from './real.ts'
import { opened } from './run.ts'
import { tillLines } from './tills.ts'

// For the commands of the README: the topics and the bucket, what tills write, and what is in the archive.
const [does = '', count = '3000'] = process.argv.slice(2)
if (!['prepare', 'write', 'archive'].includes(does)) {
  console.error('usage: sales.ts prepare|write [SALES]|archive')
  process.exit(2)
}
const { MILLRACE_ACCESS_KEY_ID, MILLRACE_ACCESS_KEY_SECRET } = process.env
const systems = new RealSystems(
  createClient({
    url: 'http://127.0.0.1:8400',
    token: `${MILLRACE_ACCESS_KEY_ID}.${MILLRACE_ACCESS_KEY_SECRET}`,
  }),
)
if (does === 'prepare') {
  await prepare({ isNew: true })
  console.log('topics and bucket are there, and empty')
} else if (does === 'write') {
  const lines = tillLines(Number(count))
  await systems.write(lines)
  console.log(`${lines.length} lines for ${count} sales are accepted`)
} else {
  const objects = (await systems.objects()).map(opened)
  for (const { key, sales } of objects) console.log(`${String(sales.length).padStart(6)} ${key}`)
  const ids = objects.flatMap(({ sales }) => sales.map(({ id }) => id))
  console.log(`${ids.length} sales, ${new Set(ids).size} different ones`)
}
process.exit()

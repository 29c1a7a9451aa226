import { messages } from './messages.ts'
import { realSystems } from './real.ts'

// For the commands of the README: what the shops and the keeper of the table do.
const [does = ''] = process.argv.slice(2)
if (!['prepare', 'send', 'mend', 'rows'].includes(does)) {
  console.error('usage: shop.ts prepare|send|mend|rows')
  process.exit(2)
}
await using systems = await realSystems({ isNew: does === 'prepare' })
if (does === 'send') await systems.send(messages(100).map(({ body }) => body))
if (does === 'mend') await systems.mend()
console.log(`${(await systems.rows()).length} customers are in the table`)
process.exit()

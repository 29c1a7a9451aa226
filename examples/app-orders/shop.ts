import { place, dayOfSale } from './load.ts'
import { order } from './orders.ts'
import { rocketmqShop } from './real.ts'

// For the commands of the README: makes topic and group, and sends a day's orders, or none.
const [does = ''] = process.argv.slice(2)
if (!['prepare', 'sell'].includes(does)) {
  console.error('usage: shop.ts prepare|sell')
  process.exit(2)
}
await using shop = await rocketmqShop('example-peaks')
const mark = crypto.randomUUID().slice(0, 8)
let sent = 0
if (does === 'sell') {
  const send = async (from: number, to: number): Promise<void> => {
    const bodies = Array.from({ length: to - from }, (_, index) => order(mark, from + index, Date.now()).body)
    await shop.send(bodies)
    sent = to
  }
  await place(dayOfSale, send, AbortSignal.timeout(60_000))
}
console.log(`topic and group example-peaks are there, ${sent} orders sent`)
process.exit()

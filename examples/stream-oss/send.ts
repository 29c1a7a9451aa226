import { useService } from '@millrace/services'

// Makes the bucket of the example, and posts as many orders as its argument says to the stream.
const s3 = await useService('versitygw')
await s3.createBucket('example-orders')
const count = Number(process.argv[2] ?? 0)
const address = 'http://127.0.0.1:8400/hooks/1000000000000001/orders'
const answers = await Promise.all(
  Array.from({ length: count }, async (_, number) => {
    const body = JSON.stringify({ order: number + 1, total: 9.9 })
    const headers = { 'content-type': 'application/json' }
    return (await fetch(address, { method: 'POST', headers, body })).status
  }),
)
const stored = answers.filter(status => status === 200).length
console.log(`bucket example-orders is there, ${stored} of ${count} orders stored`)
process.exit(stored === count ? 0 : 1)

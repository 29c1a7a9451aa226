import { createClient } from '@millrace/sdk'
import { burst } from './burst.ts'
import { Gateway } from './gateway.ts'
import { realStore } from './real.ts'
import { publish } from './run.ts'
import { tableName } from './table-name.ts'

// For the commands of the README: the gateways, a burst of the shop, and what a person asks the table.
const [does = '', count = '5000'] = process.argv.slice(2)
if (does === 'prepare') {
  await realStore({ isNew: true })
  console.log(`the table ${tableName(process.env)} is there, and empty`)
  process.exit()
} else if (does === 'gateways') {
  const gateway = await Gateway.start(8_480)
  console.log(`the gateways are at ${gateway.url}; Ctrl-C stops them`)
} else if (does === 'burst') {
  const { MILLRACE_URL, MILLRACE_ACCESS_KEY_ID, MILLRACE_ACCESS_KEY_SECRET } = process.env
  const client = createClient({
    url: MILLRACE_URL ?? 'http://127.0.0.1:8400',
    token: `${MILLRACE_ACCESS_KEY_ID}.${MILLRACE_ACCESS_KEY_SECRET}`,
  })
  await publish(client, burst(Number(count)), AbortSignal.timeout(60_000))
  console.log(`events for ${count} notifications are accepted`)
} else if (does === 'table') {
  const store = await realStore({ isNew: false })
  process.stdout.write(await store.ends())
  process.exit()
} else {
  console.error('usage: shop.ts prepare|gateways|burst [NOTIFICATIONS]|table')
  process.exit(2)
}

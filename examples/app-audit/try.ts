/** Publishes the recorded calls of other accounts, as their collector would: `npx node examples/app-audit/try.ts`. */
import { createClient } from '@millrace/sdk'
import { recordedCalls } from './recorded.ts'

const { MILLRACE_ACCESS_KEY_ID = '', MILLRACE_ACCESS_KEY_SECRET = '', MILLRACE_URL } = process.env
const client = createClient({
  url: MILLRACE_URL ?? 'http://127.0.0.1:8400',
  token: `${MILLRACE_ACCESS_KEY_ID}.${MILLRACE_ACCESS_KEY_SECRET}`,
})
await client.events.publishBatch('audit', recordedCalls)
console.log(`${recordedCalls.length} recorded calls are published`)

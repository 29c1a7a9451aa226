import assert from 'node:assert/strict'
import { useService } from '@millrace/services'
import type { Client } from '@millrace/sdk'
import { until } from '../testing.ts'
import type { Storage } from './run.ts'

const bucket = 'example-videos'
const token = 'notify-token-on-loopback'

/** A real S3 server, which posts its notifications to the stream of the wiring. */
export async function realStorage(client: Client, signal: AbortSignal): Promise<Storage & AsyncDisposable> {
  const s3 = await useService('versitygw')
  const used = new AsyncDisposableStack()
  await s3.createBucket(bucket)
  return {
    settings: { STORE_URL: s3.url, NOTIFY_TOKEN: token },
    async start() {
      await until(async () => (await client.streams.status('videos')).state === 'running', signal)
      used.use(await s3.notify(bucket, `${await client.streamUrl('videos')}?token=${token}`))
    },
    async upload(key, bytes) {
      const { status, body } = await s3.request({
        method: 'PUT',
        path: `/${bucket}/${key}`,
        body: 'v'.repeat(bytes),
      })
      assert.equal(status, 200, body)
    },
    [Symbol.asyncDispose]: () => used.disposeAsync(),
  }
}

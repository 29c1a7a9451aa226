import assert from 'node:assert/strict'
import { useService } from '@millrace/services'
import type { Client } from '@millrace/sdk'
import { until } from '../testing.ts'
import type { Storage } from './run.ts'

const bucket = 'example-stacks'
const states = `${bucket}-states`
const token = 'notify-token-on-loopback'

/** A real S3 server, which posts its notifications to the stream of the wiring. Its buckets are there, and empty. */
export async function realStorage(client: Client, signal: AbortSignal): Promise<Storage & AsyncDisposable> {
  const s3 = await useService('versitygw')
  const used = new AsyncDisposableStack()
  for (const name of [bucket, states]) {
    await s3.createBucket(name)
    const { body } = await s3.request({ method: 'GET', path: `/${name}`, query: { 'list-type': '2' } })
    for (const [, key] of body.matchAll(/<Key>([^<]*)<\/Key>/g)) {
      await s3.request({ method: 'DELETE', path: `/${name}/${key}` })
    }
  }
  return {
    settings: { STORE_URL: s3.url, NOTIFY_TOKEN: token },
    async start() {
      await until(async () => (await client.streams.status('uploads')).state === 'running', signal)
      used.use(await s3.notify(bucket, `${await client.streamUrl('uploads')}?token=${token}`))
    },
    async upload(key, content) {
      const { status, body } = await s3.request({ method: 'PUT', path: `/${bucket}/${key}`, body: content })
      assert.equal(status, 200, body)
    },
    async state(stack) {
      const { body } = await s3.request({ method: 'GET', path: `/${states}/${stack}.tfstate` })
      return body
    },
    [Symbol.asyncDispose]: () => used.disposeAsync(),
  }
}

import assert from 'node:assert/strict'
import type { Client } from '@millrace/sdk'
import { useService } from '@millrace/services'
import { until } from './testing.ts'

/** A bucket of the real S3 server. */
export interface RealBucket {
  put(key: string, content: string): Promise<void>
  /** From now on the server posts its notifications to a stream, which runs then. Disposing ends that. */
  tell(client: Client, stream: string, token: string, signal: AbortSignal): Promise<AsyncDisposable>
}

/** Makes a bucket that is not there yet, for applications that begin with an upload. */
export async function realBucket(name: string): Promise<RealBucket> {
  const s3 = await useService('versitygw')
  await s3.createBucket(name)
  return {
    async put(key, content) {
      const { status, body } = await s3.request({ method: 'PUT', path: `/${name}/${key}`, body: content })
      assert.equal(status, 200, body)
    },
    async tell(client, stream, token, signal) {
      await until(async () => (await client.streams.status(stream)).state === 'running', signal)
      return await s3.notify(name, `${await client.streamUrl(stream)}?token=${token}`)
    },
  }
}

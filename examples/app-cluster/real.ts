import { useService } from '@millrace/services'
import type { Client } from '@millrace/sdk'
import { realBucket } from '../bucket.ts'
import type { Storage } from './run.ts'

const token = 'notify-token-on-loopback'

/** A real S3 server, which posts its notifications to the stream of the wiring. */
export async function realStorage(client: Client, signal: AbortSignal): Promise<Storage & AsyncDisposable> {
  const { url } = await useService('versitygw')
  const bucket = await realBucket('example-videos')
  const used = new AsyncDisposableStack()
  return {
    settings: { STORE_URL: url, NOTIFY_TOKEN: token },
    async start() {
      used.use(await bucket.tell(client, 'videos', token, signal))
    },
    upload: (key, bytes) => bucket.put(key, 'v'.repeat(bytes)),
    [Symbol.asyncDispose]: () => used.disposeAsync(),
  }
}

import { useService } from '@millrace/services'
import type { Client } from '@millrace/sdk'
import { realBucket } from '../bucket.ts'
import type { Storage } from './run.ts'

const states = 'example-stacks-states'
const token = 'notify-token-on-loopback'

/** A real S3 server, which posts its notifications to the stream of the wiring. It keeps no states of earlier runs. */
export async function realStorage(client: Client, signal: AbortSignal): Promise<Storage & AsyncDisposable> {
  const s3 = await useService('versitygw')
  const bucket = await realBucket('example-stacks')
  await s3.createBucket(states)
  const { body: list } = await s3.request({ method: 'GET', path: `/${states}`, query: { 'list-type': '2' } })
  for (const [, key] of list.matchAll(/<Key>([^<]*)<\/Key>/g)) {
    await s3.request({ method: 'DELETE', path: `/${states}/${key}` })
  }
  const used = new AsyncDisposableStack()
  return {
    settings: { STORE_URL: s3.url, NOTIFY_TOKEN: token },
    async start() {
      used.use(await bucket.tell(client, 'uploads', token, signal))
    },
    upload: (key, content) => bucket.put(key, content),
    async state(stack) {
      const { body } = await s3.request({ method: 'GET', path: `/${states}/${stack}.tfstate` })
      return body
    },
    [Symbol.asyncDispose]: () => used.disposeAsync(),
  }
}

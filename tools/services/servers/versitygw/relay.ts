import { createServer, type IncomingMessage } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

// Other S3 servers have notifications for each bucket, and repeat what was not taken. This gateway posts all of them to one
// address, once. So it posts them here, and this program hands them on as the others do.

/** Notifications that wait for one subscriber at most; later ones are lost, as they are to a full queue of a server. */
const waitingMax = 10_000
/** Requests to one subscriber at once. */
const underWayMax = 64
const retryAfterMs = 200
const answerWithinMs = 60_000

interface Subscriber {
  readonly bucket: string
  readonly url: string
  readonly waiting: string[]
  underWay: number
  readonly gone: AbortController
}

const subscribers = new Map<string, Subscriber>()

createServer((request, response) => {
  void take(request).then(() => response.writeHead(200).end())
}).listen(Number(process.argv[2]), '127.0.0.1')

async function take(request: IncomingMessage): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1')
  const [, kind = '', bucket = ''] = pathname.split('/')
  if (kind === 'subscribers') change(request.method ?? '', bucket, searchParams.get('url') ?? '')
  else if (request.method === 'POST') hand(await textOf(request))
}

function change(method: string, bucket: string, url: string): void {
  const key = `${bucket} ${url}`
  subscribers.get(key)?.gone.abort()
  subscribers.delete(key)
  if (method !== 'PUT') return
  const subscriber = { bucket, url, waiting: [], underWay: 0, gone: new AbortController() }
  subscribers.set(key, subscriber)
}

function hand(text: string): void {
  const { Records = [] } = JSON.parse(text) as { Records?: { s3: { bucket: { name: string } } }[] }
  const bucket = Records[0]?.s3.bucket.name
  for (const subscriber of subscribers.values()) {
    if (subscriber.bucket !== bucket || subscriber.waiting.length >= waitingMax) continue
    subscriber.waiting.push(text)
    if (subscriber.underWay < underWayMax) void deliver(subscriber)
  }
}

/** One after the other, each until it is taken. */
async function deliver(subscriber: Subscriber): Promise<void> {
  const { url, waiting, gone } = subscriber
  subscriber.underWay++
  for (let text = waiting.shift(); text !== undefined && !gone.signal.aborted; text = waiting.shift()) {
    while (!gone.signal.aborted && !(await isTaken(url, text, gone.signal))) await pause(retryAfterMs)
  }
  subscriber.underWay--
}

async function isTaken(url: string, body: string, gone: AbortSignal): Promise<boolean> {
  try {
    const signal = AbortSignal.any([gone, AbortSignal.timeout(answerWithinMs)])
    const headers = { 'content-type': 'application/json; charset=utf-8' }
    const answer = await fetch(url, { method: 'POST', headers, body, signal })
    await answer.arrayBuffer()
    return answer.ok
  } catch {
    return false
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

import { createHmac, randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'
import { json } from 'node:stream/consumers'
import eventBridge from '@alicloud/eventbridge'

/** Where to publish, and with which key. */
export interface Place {
  readonly port: number
  readonly accessKeyId: string
  readonly accessKeySecret: string
}

/** Publishes so many events, numbered from `first`, in one request. Rejects when one was not taken. */
export type Producer = (first: number, count: number) => Promise<void>

/** The bus of the measurement. */
export const busName = 'bench'

/** Bytes of text in the data of each event: the whole event has about 400. */
const textLength = 250

/** Each way to publish. All build the same events, and read the answer to its end. */
export const producers: Readonly<Record<'own' | 'signed' | 'official', (place: Place) => Producer>> = {
  own: ownProducer,
  signed: signedProducer,
  official: officialProducer,
}

/** `@alicloud/eventbridge` as its users have it. */
function officialProducer({ port, accessKeyId, accessKeySecret }: Place): Producer {
  const { CloudEvent, Config, default: Client } = eventBridge
  const client = new Client(new Config({ endpoint: `127.0.0.1:${port}`, accessKeyId, accessKeySecret }))
  const data = Buffer.from(JSON.stringify(eventData))
  return async (first, count) => {
    const events = Array.from(
      { length: count },
      (_, index) =>
        new CloudEvent({
          id: idOf(first + index),
          source: '/benchmark',
          type: 'benchmark.event',
          time: eventTime,
          datacontenttype: 'application/json',
          data,
          extensions: { aliyuneventbusname: busName },
        }),
    )
    const { failedEntryCount } = await client.putEvents(events)
    if (failedEntryCount !== 0) throw new Error(`${failedEntryCount} of ${count} events were refused`)
  }
}

/** The platform's own API with a bearer key, by the plain client. */
function ownProducer({ port, accessKeyId, accessKeySecret }: Place): Producer {
  const path = `/api/v1/buses/${busName}/events`
  const headers = {
    authorization: `Bearer ${accessKeyId}.${accessKeySecret}`,
    'content-type': 'application/cloudevents-batch+json',
  }
  const post = plainClient(port, path)
  return async (first, count) => {
    await post(eventsText(first, count), headers)
  }
}

/** What the official client sends, signed for each request, by the plain client. */
function signedProducer({ port, accessKeyId, accessKeySecret }: Place): Producer {
  const path = '/openapi/putEvents'
  const type = 'application/cloudevents-batch+json; charset=utf-8'
  const post = plainClient(port, path)
  return async (first, count) => {
    const date = new Date().toUTCString()
    const nonce = randomUUID()
    const text = `POST\n\n${type}\n${date}\nx-acs-signature-method:HMAC-SHA1\nx-acs-signature-nonce:${nonce}\nx-acs-signature-version:1.0\n${path}`
    const signature = createHmac('sha1', accessKeySecret).update(text).digest('base64')
    const answer = await post(eventsText(first, count), {
      date,
      'content-type': type,
      'x-acs-signature-method': 'HMAC-SHA1',
      'x-acs-signature-nonce': nonce,
      'x-acs-signature-version': '1.0',
      'x-eventbridge-version': '2015-06-06',
      authorization: `acs:${accessKeyId}:${signature}`,
    })
    if (answer['FailedEntryCount'] !== 0) throw new Error(`events were refused: ${JSON.stringify(answer)}`)
  }
}

/** Nothing but Node.js: a pool of connections, one text out, one JSON in. Rejects unless the status is 200. */
function plainClient(
  port: number,
  path: string,
): (body: string, headers: Readonly<Record<string, string>>) => Promise<Record<string, unknown>> {
  const agent = new Agent({ keepAlive: true })
  return (body, headers) =>
    new Promise((resolve, reject) => {
      const sent = request({ agent, host: '127.0.0.1', port, path, method: 'POST', headers }, response => {
        json(response).then(answer => {
          if (response.statusCode === 200) resolve(answer as Record<string, unknown>)
          else
            reject(
              new Error(`publishing was answered with ${response.statusCode}: ${JSON.stringify(answer)}`),
            )
        }, reject)
      })
      sent.on('error', reject).end(body)
    })
}

function eventsText(first: number, count: number): string {
  const events = Array.from({ length: count }, (_, index) => ({
    specversion: '1.0',
    id: idOf(first + index),
    source: '/benchmark',
    type: 'benchmark.event',
    time: eventTime,
    datacontenttype: 'application/json',
    data: eventData,
    aliyuneventbusname: busName,
  }))
  return JSON.stringify(events)
}

const eventTime = '2026-01-01T00:00:00Z'
const eventData = { amount: 12.5, text: 'x'.repeat(textLength) }

function idOf(sequence: number): string {
  return String(sequence).padStart(12, '0')
}

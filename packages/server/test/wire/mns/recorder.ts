import { createServer, request as forward } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mnsInterfaces } from '../../../src/http/mns/index.ts'
import { Exercised } from '../exercised.ts'

export interface Recorder extends AsyncDisposable {
  /** The address of the proxy, for the setting of the client. */
  readonly url: string
  /** How the table of the interface differs from what was seen; empty when it tells the truth. */
  contradictions(): string[]
}

/** A proxy in front of the server that notes which actions a client asked for and how they were answered. */
export async function startRecorder(serverUrl: string): Promise<Recorder> {
  const [table] = mnsInterfaces
  if (table === undefined) throw new Error('the interface has a table')
  const exercised = new Exercised(table, 'none')
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const body = Buffer.concat(chunks)
      const action = actionOf(incoming.method ?? '', incoming.url ?? '', body.toString())
      const { port } = new URL(serverUrl)
      const { method, url, headers } = incoming
      // As a proxy gets it: the server must take whole URLs, so the target is passed on as it came.
      const passed = forward({ host: '127.0.0.1', port, method, path: url, headers }, answer => {
        void exercised
          .note(action, () => {
            if ((answer.statusCode ?? 500) >= 400) throw Object.assign(new Error(), { code: 'refused' })
          })
          .catch(() => {})
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.pipe(outgoing)
      })
      passed.on('error', () => outgoing.destroy())
      passed.end(body)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    contradictions: () => exercised.contradictions([]),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** Which action a request is (section 1.7.10 for those of messages). */
function actionOf(method: string, url: string, body: string): string {
  const { pathname, searchParams } = new URL(url, 'http://x')
  const [, kind, name, part, subscription] = pathname.split('/')
  const query = new Set([...searchParams.keys()].map(key => key.toLowerCase()))
  const isSet = query.has('metaoverride')
  if (kind === 'queues' && part === 'messages') return messageAction(method, query, body)
  if (part === 'messages') return 'PublishMessage'
  if (part === 'subscriptions') {
    if (subscription === undefined) return 'ListSubscriptionByTopic'
    if (method === 'PUT') return isSet ? 'SetSubscriptionAttributes' : 'Subscribe'
    return method === 'GET' ? 'GetSubscriptionAttributes' : 'Unsubscribe'
  }
  const noun = kind === 'queues' ? 'Queue' : 'Topic'
  if (name === undefined || name === '') return `List${noun}`
  if (method === 'PUT') return isSet ? `Set${noun}Attributes` : `Create${noun}`
  return method === 'GET' ? `Get${noun}Attributes` : `Delete${noun}`
}

function messageAction(method: string, query: ReadonlySet<string>, body: string): string {
  switch (method) {
    case 'POST':
      return /<Messages[\s>]/.test(body) ? 'BatchSendMessage' : 'SendMessage'
    case 'GET': {
      const verb = query.has('peekonly') ? 'PeekMessage' : 'ReceiveMessage'
      return query.has('numofmessages') ? `Batch${verb}` : verb
    }
    case 'DELETE':
      return query.has('receipthandle') ? 'DeleteMessage' : 'BatchDeleteMessage'
    default:
      return 'ChangeMessageVisibility'
  }
}

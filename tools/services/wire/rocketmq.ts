import { connect, constants } from 'node:http2'
import { Dialogue } from './dialogue.ts'

const jsonEncoding = 0

/** Codes of the remoting protocol, which the name server and the broker speak. */
const codes = {
  createTopic: 17,
  routeOfTopic: 105,
  clusterInfo: 106,
  createGroup: 200,
  deleteTopicInBroker: 215,
  deleteTopicInNameServer: 216,
} as const

interface Answer {
  readonly code: number
  readonly remark: string
  readonly body: string
}

/** How a topic delivers: in any order, in order per message group, or at a time. */
export type RocketmqTopicType = 'NORMAL' | 'FIFO' | 'DELAY' | 'TRANSACTION'

/** Names of the brokers that are registered with the name server. */
export async function rocketmqBrokers(port: number, signal: AbortSignal): Promise<string[]> {
  const { body } = await succeed(port, codes.clusterInfo, {}, undefined, signal)
  // The server writes numbers as keys, which is no JSON: only the names are looked at.
  const table = /"brokerAddrTable":\{(.*)\},"clusterAddrTable"/s.exec(body)?.[1] ?? ''
  return [...table.matchAll(/"brokerName":"([^"]+)"/g)].map(([, name = '']) => name)
}

/** Whether the name server knows where the topic lives. */
export async function hasRocketmqRoute(port: number, topic: string, signal: AbortSignal): Promise<boolean> {
  const { code } = await ask(port, codes.routeOfTopic, { topic }, undefined, signal)
  return code === 0
}

/** Creates the topic in the broker, or changes it. */
export async function createRocketmqTopic(
  port: number,
  topic: string,
  type: RocketmqTopicType,
  queues: number,
  signal: AbortSignal,
): Promise<void> {
  const fields = {
    topic,
    defaultTopic: 'TBW102',
    readQueueNums: String(queues),
    writeQueueNums: String(queues),
    perm: '6',
    topicFilterType: 'SINGLE_TAG',
    topicSysFlag: '0',
    order: 'false',
    attributes: `+message.type=${type}`,
  }
  await succeed(port, codes.createTopic, fields, undefined, signal)
}

/** Removes the topic from the broker and the name server. */
export async function deleteRocketmqTopic(
  brokerPort: number,
  nameServerPort: number,
  topic: string,
  signal: AbortSignal,
): Promise<void> {
  await succeed(brokerPort, codes.deleteTopicInBroker, { topic }, undefined, signal)
  await succeed(nameServerPort, codes.deleteTopicInNameServer, { topic }, undefined, signal)
}

/** Creates the consumer group in the broker, or changes it. */
export async function createRocketmqGroup(
  port: number,
  groupName: string,
  options: { readonly ordered: boolean; readonly attemptsMax: number },
  signal: AbortSignal,
): Promise<void> {
  const body = {
    groupName,
    consumeEnable: true,
    consumeFromMinEnable: true,
    consumeBroadcastEnable: true,
    consumeMessageOrderly: options.ordered,
    retryQueueNums: 1,
    retryMaxTimes: options.attemptsMax,
    brokerId: 0,
    whichBrokerWhenConsumeSlowly: 1,
    notifyConsumerIdsChangedEnable: true,
  }
  await succeed(port, codes.createGroup, {}, JSON.stringify(body), signal)
}

/** Asks the proxy for the route of a topic, by gRPC; resolves when it answers, whatever it says of the topic. */
export async function askRocketmqProxy(port: number, topic: string, signal: AbortSignal): Promise<void> {
  // QueryRouteRequest: field 1 is a resource, whose field 2 is the name.
  const name = Buffer.from(topic)
  const resource = Buffer.concat([Buffer.from([0x12, name.length]), name])
  const message = Buffer.concat([Buffer.from([0x0a, resource.length]), resource])
  const frame = Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message])
  const session = connect(`http://127.0.0.1:${port}`)
  try {
    await new Promise<void>((resolve, reject) => {
      session.on('error', reject)
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
      const stream = session.request({
        [constants.HTTP2_HEADER_METHOD]: 'POST',
        [constants.HTTP2_HEADER_PATH]: '/apache.rocketmq.v2.MessagingService/QueryRoute',
        [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
        te: 'trailers',
        'x-mq-client-id': 'millrace-services',
        'x-mq-protocol': 'v2',
      })
      const check = (headers: Record<string, string | string[] | number | undefined>) => {
        const status = headers['grpc-status']
        if (status === '0') resolve()
        else if (status !== undefined)
          reject(new Error(`the proxy answered gRPC status ${JSON.stringify(status)}`))
      }
      stream.on('error', reject)
      stream.on('response', check)
      stream.on('trailers', check)
      stream.on('close', () => reject(new Error('the proxy ended the call')))
      stream.resume()
      stream.end(frame)
    })
  } finally {
    session.destroy()
  }
}

async function succeed(...call: Parameters<typeof ask>): Promise<Answer> {
  const answer = await ask(...call)
  if (answer.code !== 0) throw new Error(`RocketMQ answered ${answer.code}: ${answer.remark}`)
  return answer
}

/** Lengths of everything, length and encoding of the header, the header as JSON, the body. */
async function ask(
  port: number,
  code: number,
  fields: Readonly<Record<string, string>>,
  body: string | undefined,
  signal: AbortSignal,
): Promise<Answer> {
  using dialogue = await Dialogue.open(port, signal)
  const header = Buffer.from(
    JSON.stringify({
      code,
      language: 'OTHER',
      version: 0,
      opaque: 1,
      flag: 0,
      extFields: fields,
      serializeTypeCurrentRPC: 'JSON',
    }),
  )
  const payload = Buffer.from(body ?? '')
  const head = Buffer.alloc(8)
  head.writeInt32BE(4 + header.length + payload.length, 0)
  head.writeInt32BE((jsonEncoding << 24) | header.length, 4)
  dialogue.send(Buffer.concat([head, header, payload]))
  const answer = await dialogue.read((await dialogue.read(4)).readInt32BE())
  const headerBytes = answer.readInt32BE() & 0xff_ff_ff
  const seen = JSON.parse(answer.toString('utf8', 4, 4 + headerBytes)) as { code: number; remark?: string }
  return { code: seen.code, remark: seen.remark ?? '', body: answer.toString('utf8', 4 + headerBytes) }
}

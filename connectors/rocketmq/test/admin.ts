import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** Kinds of topics, by what their messages may be. */
export type TopicKind = 'NORMAL' | 'FIFO' | 'DELAY'

/** Request codes of the older protocol, which brokers are administered with. */
const codes = { createTopic: 17, createGroup: 200, deleteTopic: 215, queryOffset: 14 }

/** Makes topics and groups on a broker: one frame of JSON there, one back. */
export class BrokerAdmin {
  readonly #port: number

  constructor(port: number) {
    this.#port = port
  }

  async createTopic(topic: string, kind: TopicKind = 'NORMAL', queues = 1): Promise<void> {
    await this.#ask(codes.createTopic, {
      topic,
      defaultTopic: 'TBW102',
      readQueueNums: String(queues),
      writeQueueNums: String(queues),
      perm: '6',
      topicFilterType: 'SINGLE_TAG',
      topicSysFlag: '0',
      order: 'false',
      attributes: `+message.type=${kind}`,
    })
  }

  async createGroup(group: string, isOrdered = false): Promise<void> {
    const body = {
      groupName: group,
      consumeEnable: true,
      consumeFromMinEnable: true,
      consumeBroadcastEnable: false,
      consumeMessageOrderly: isOrdered,
      retryQueueNums: 1,
      retryMaxTimes: 16,
      brokerId: 0,
      whichBrokerWhenConsumeSlowly: 1,
      notifyConsumerIdsChangedEnable: true,
    }
    await this.#ask(codes.createGroup, {}, JSON.stringify(body))
  }

  async #ask(code: number, extFields: Record<string, string>, body = ''): Promise<void> {
    const header = Buffer.from(
      JSON.stringify({ code, flag: 0, language: 'JAVA', opaque: 1, version: 497, extFields }),
    )
    const frame = Buffer.alloc(8 + header.length)
    frame.writeUInt32BE(4 + header.length + Buffer.byteLength(body), 0)
    frame.writeUInt32BE(header.length, 4)
    header.copy(frame, 8)
    const socket = connect(this.#port, '127.0.0.1')
    await once(socket, 'connect')
    try {
      socket.write(Buffer.concat([frame, Buffer.from(body)]))
      const answer = await readFrame(socket)
      const { code: result, remark } = JSON.parse(answer) as { code: number; remark?: string }
      if (result !== 0) throw new Error(`the broker answers request ${code} with ${result}: ${remark}`)
    } finally {
      socket.destroy()
      await once(socket, 'close')
    }
  }
}

/** The header of the first frame. */
async function readFrame(socket: Socket): Promise<string> {
  let seen = Buffer.alloc(0)
  // Leaving the loop must not close the socket by itself: whoever opened it waits for that.
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    seen = Buffer.concat([seen, chunk as Buffer])
    const headerBytes = seen.length < 8 ? Number.POSITIVE_INFINITY : seen.readUInt32BE(4) & 0xffffff
    if (seen.length >= 8 + headerBytes) return seen.subarray(8, 8 + headerBytes).toString()
  }
  throw new Error('the broker closed the connection')
}

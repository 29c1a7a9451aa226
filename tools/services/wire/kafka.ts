import { setTimeout as pause } from 'node:timers/promises'
import { Dialogue } from './dialogue.ts'

/** Requests in versions that are the same in all brokers since 2.0: the last ones before the compact encoding. */
const requests = { metadata: [3, 4], createTopics: [19, 4], deleteTopics: [20, 3] } as const

/** Time that the broker may take for an administrative request, in milliseconds. */
const adminWithinMs = 15_000

const topicExists = 36

const pollMs = 20

export interface KafkaTopic {
  readonly name: string
  readonly partitions: number
  /** Topic settings by name, `cleanup.policy` and the like. */
  readonly settings?: Readonly<Record<string, string>>
}

export interface KafkaCluster {
  readonly brokers: number
  /** Partitions of each topic that was asked for and whose partitions all have a leader. */
  readonly topics: ReadonlyMap<string, number>
}

/** Brokers and the topics named. */
export async function kafkaMetadata(
  port: number,
  topics: readonly string[],
  signal: AbortSignal,
): Promise<KafkaCluster> {
  const body = new KafkaWriter().array(topics, (writer, topic) => writer.text(topic)).flag(false)
  const answer = await exchange(port, requests.metadata, body, signal)
  answer.int32()
  const brokers = answer.array(() => {
    answer.int32()
    answer.text()
    answer.int32()
    answer.text()
  }).length
  answer.text()
  answer.int32()
  const found = new Map<string, number>()
  answer.array(() => {
    const code = answer.int16()
    const name = answer.text() ?? ''
    answer.int8()
    const leaders = answer.array(() => {
      answer.int16()
      answer.int32()
      const leader = answer.int32()
      for (let list = 0; list < 2; list++) answer.array(() => answer.int32())
      return leader
    })
    if (code === 0 && leaders.every(leader => leader >= 0)) found.set(name, leaders.length)
  })
  return { brokers, topics: found }
}

/** Creates a topic and waits until it can be used; one that is there already is left as it is. */
export async function createKafkaTopic(port: number, topic: KafkaTopic): Promise<void> {
  const body = new KafkaWriter()
    .array([topic], (writer, { name, partitions, settings = {} }) =>
      writer
        .text(name)
        .int32(partitions)
        .int16(1)
        .array([], () => writer)
        .array(Object.entries(settings), (entry, [key, value]) => entry.text(key).text(value)),
    )
    .int32(adminWithinMs)
    .flag(false)
  const answer = await exchange(port, requests.createTopics, body, AbortSignal.timeout(adminWithinMs))
  answer.int32()
  answer.array(() => {
    const name = answer.text()
    const code = answer.int16()
    const message = answer.text()
    if (code !== 0 && code !== topicExists)
      throw new Error(`topic ${name} was not created: ${message ?? ''} (${code})`)
  })
  await untilKnown(port, topic.name, true)
}

/** Deletes a topic and waits until it is gone; rejects when it does not exist. */
export async function deleteKafkaTopic(port: number, topic: string): Promise<void> {
  const body = new KafkaWriter().array([topic], (writer, name) => writer.text(name)).int32(adminWithinMs)
  const answer = await exchange(port, requests.deleteTopics, body, AbortSignal.timeout(adminWithinMs))
  answer.int32()
  answer.array(() => {
    const name = answer.text()
    const code = answer.int16()
    if (code !== 0) throw new Error(`topic ${name} was not deleted: code ${code}`)
  })
  await untilKnown(port, topic, false)
}

/** The broker learns of a change from the controller a moment after the controller has confirmed it. */
async function untilKnown(port: number, topic: string, known: boolean): Promise<void> {
  const signal = AbortSignal.timeout(adminWithinMs)
  while ((await kafkaMetadata(port, [topic], signal)).topics.has(topic) !== known)
    await pause(pollMs, undefined, { signal })
}

async function exchange(
  port: number,
  [key, version]: readonly [number, number],
  body: KafkaWriter,
  signal: AbortSignal,
): Promise<KafkaReader> {
  using dialogue = await Dialogue.open(port, signal)
  const header = new KafkaWriter().int16(key).int16(version).int32(1).text('millrace-services')
  const bytes = Buffer.concat([header.bytes, body.bytes])
  dialogue.send(Buffer.concat([new KafkaWriter().int32(bytes.length).bytes, bytes]))
  const size = (await dialogue.read(4)).readInt32BE()
  const answer = new KafkaReader(await dialogue.read(size))
  answer.int32()
  return answer
}

class KafkaWriter {
  readonly #parts: Buffer[] = []

  get bytes(): Buffer {
    return Buffer.concat(this.#parts)
  }

  flag(value: boolean): this {
    return this.#add(Buffer.from([value ? 1 : 0]))
  }

  int16(value: number): this {
    const bytes = Buffer.alloc(2)
    bytes.writeInt16BE(value)
    return this.#add(bytes)
  }

  int32(value: number): this {
    const bytes = Buffer.alloc(4)
    bytes.writeInt32BE(value)
    return this.#add(bytes)
  }

  text(value: string): this {
    const bytes = Buffer.from(value)
    return this.int16(bytes.length).#add(bytes)
  }

  array<Item>(items: readonly Item[], write: (writer: this, item: Item) => unknown): this {
    this.int32(items.length)
    for (const item of items) write(this, item)
    return this
  }

  #add(bytes: Buffer): this {
    this.#parts.push(bytes)
    return this
  }
}

class KafkaReader {
  readonly #bytes: Buffer
  #position = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  int8(): number {
    return this.#bytes.readInt8(this.#move(1))
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#move(2))
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#move(4))
  }

  text(): string | undefined {
    const length = this.int16()
    if (length < 0) return undefined
    const start = this.#move(length)
    return this.#bytes.toString('utf8', start, start + length)
  }

  array<Item>(read: () => Item): Item[] {
    return Array.from({ length: Math.max(0, this.int32()) }, read)
  }

  #move(count: number): number {
    const start = this.#position
    this.#position += count
    return start
  }
}

import { connector } from '@millrace/connector-kafka'
import { ownService, useService } from '@millrace/services'
import { describeService } from '@millrace/services/vitest'
import { expect, test } from 'vitest'
import { Feed } from './feed.ts'
import { countsOf, newName, patienceMs, runningServer, testLimitMs, toHttp } from './place.ts'
import { Recorder } from './recorder.ts'

const wait = { timeout: patienceMs }
const total = 3_000
const partitions = 3

/** A topic of one's own on the shared broker, and the options of a source on it. */
async function newTopic(): Promise<{ topic: string; bootstrap: string }> {
  const kafka = await useService('kafka')
  const topic = newName()
  await kafka.createTopic(topic, partitions)
  return { topic, bootstrap: kafka.address }
}

const sourceOf = (place: { topic: string; bootstrap: string }, more: object = {}) => ({
  connector: 'kafka',
  options: { ...place, group: newName(), start: 'earliest', sessionTimeoutMs: 6_000, ...more },
})

/** Numbers with one remainder share a key, and so a partition. */
const keyed = (n: number): Record<string, string> => ({ key: `key ${n % 7}` })

await describeService('kafka', 'from Kafka', () => {
  test(
    'a server that is killed in the middle, again and again, loses no record',
    async ({ annotate }) => {
      const place = await newTopic()
      const server = await runningServer()
      const recorder = await Recorder.start()
      await server.client().streams.put('s', toHttp(sourceOf(place), recorder.url, '$.data.value'))
      const feeding = new Feed(connector, place, keyed).put(0, total)
      for (const part of [0.1, 0.4, 0.7]) {
        await expect.poll(() => recorder.distinct, wait).toBeGreaterThan(total * part)
        await server.kill()
        await server.start()
      }
      await feeding
      await expect.poll(() => recorder.distinct, wait).toBe(total)
      await annotate(`${recorder.duplicates} of ${total} records came twice`)
    },
    testLimitMs,
  )

  test(
    'a broker that is killed in the middle loses no record',
    async ({ annotate }) => {
      await using kafka = await ownService('kafka')
      await kafka.createTopic('numbers', partitions)
      const place = { topic: 'numbers', bootstrap: kafka.address }
      const server = await runningServer()
      const recorder = await Recorder.start()
      await server.client().streams.put('s', toHttp(sourceOf(place), recorder.url, '$.data.value'))
      const feeding = new Feed(connector, place, keyed).put(0, total)
      await expect.poll(() => recorder.distinct, wait).toBeGreaterThan(total / 10)
      await kafka.kill()
      await kafka.start()
      await feeding
      await expect.poll(() => recorder.distinct, wait).toBe(total)
      await annotate(`${recorder.duplicates} of ${total} records came twice`)
    },
    testLimitMs,
  )

  test(
    'a second node takes over a part, and all of it when the first is killed',
    async ({ annotate }) => {
      const place = await newTopic()
      const source = sourceOf(place)
      const [one, two] = [await runningServer(), await runningServer()]
      const recorder = await Recorder.start()
      recorder.delayMs = 5
      const stream = toHttp(source, recorder.url, '$.data.value', { batch: { countMax: 10 } })
      await one.client().streams.put('s', stream)
      const feed = new Feed(connector, place, n => ({ key: `key ${n}` }))
      await feed.put(0, 300)
      await expect.poll(() => recorder.distinct, wait).toBeGreaterThan(0)
      await two.client().streams.put('s', stream)
      const feeding = feed.put(300, total - 300)
      await expect.poll(async () => (await countsOf(two, 's'))['read'] ?? 0, wait).toBeGreaterThan(0)
      await one.kill()
      await feeding
      await expect.poll(() => recorder.distinct, wait).toBe(total)
      await annotate(`${recorder.duplicates} of ${total} records came twice`)
    },
    testLimitMs,
  )

  test(
    'a slow consumer holds the reading up, and keeps the order of each key',
    async () => {
      const place = await newTopic()
      const server = await runningServer()
      const recorder = await Recorder.start()
      recorder.delayMs = 2
      const slow = 600
      await new Feed(connector, place, keyed).put(0, slow)
      await server.client().streams.put(
        's',
        toHttp(sourceOf(place), recorder.url, '$.data.value', {
          batch: { countMax: 1 },
          concurrencyMax: 8,
        }),
      )
      await expect.poll(() => recorder.distinct, wait).toBe(slow)
      for (let key = 0; key < 7; key++) {
        const ofKey = recorder.firsts.filter(n => n % 7 === key)
        expect(ofKey).toEqual(ofKey.toSorted((left, right) => left - right))
      }
      expect(recorder.duplicates).toBe(0)
    },
    testLimitMs,
  )

  test(
    'records that are not JSON, poisoned or unwanted end where they should, and the rest flows on',
    async () => {
      const place = await newTopic()
      const server = await runningServer()
      const client = server.client()
      const recorder = await Recorder.start()
      await client.queues.put('dead', {})
      const spec = toHttp(sourceOf(place), recorder.url, '$.data.value', {
        pattern: { data: { value: { n: [{ exists: true }] } } },
        deadLetter: { queue: 'dead' },
      })
      await client.streams.put('s', spec)
      const feed = new Feed(connector, place)
      await feed.put(0, 100)
      await feed.put(100, 3, () => 'no json')
      await feed.put(103, 5, n => JSON.stringify({ other: n }))
      await feed.put(108, 100)
      await expect.poll(() => recorder.distinct, wait).toBe(200)
      await expect
        .poll(() => countsOf(server, 's'), wait)
        .toMatchObject({ read: 208, written: 200, filtered: 5, faulty: 3, 'dead-lettered': 3 })
      const messages = await client.queues.receive('dead', { count: 16 })
      expect(messages).toHaveLength(3)
      expect(JSON.parse(messages[0]?.body ?? '')).toMatchObject({
        deadlettercode: 'record.malformed',
        deadletterrule: 's',
      })
    },
    testLimitMs,
  )

  test(
    'a topic that is not there is told in words, and found when it comes',
    async () => {
      const kafka = await useService('kafka')
      const place = { topic: newName(), bootstrap: kafka.address }
      const server = await runningServer()
      const client = server.client()
      const recorder = await Recorder.start()
      await client.streams.put('s', toHttp(sourceOf(place), recorder.url, '$.data.value'))
      await expect
        .poll(() => client.streams.status('s'), wait)
        .toMatchObject({ state: 'failed', reason: { message: expect.stringContaining(place.topic) } })
      await kafka.createTopic(place.topic, 1)
      await new Feed(connector, place).put(0, 10)
      await client.streams.resume('s')
      await expect.poll(() => recorder.distinct, wait).toBe(10)
    },
    testLimitMs,
  )
})

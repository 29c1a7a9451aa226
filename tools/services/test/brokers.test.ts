import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { ownService, useService } from '../index.ts'
import { describeService } from '../vitest.ts'
import { mqttLogin, mqttRetain, mqttRetained, natsLogin, natsRequest } from '../wire/index.ts'
import { processesThatMention } from './leftovers.ts'

const soon = () => AbortSignal.timeout(10_000)

await describeService('redis', 'Redis', () => {
  test('the shared server answers commands', async () => {
    const redis = await useService('redis')
    const key = `services-${crypto.randomUUID()}`

    expect(await redis.command('SET', key, 'kept')).toBe('+OK')
    expect(await redis.command('GET', key)).toBe('kept')
    expect(await redis.command('AUTH', redis.user.name, 'wrong')).toMatch(/^-WRONGPASS/)
  })

  test('a private server that is killed comes back with its data and leaves nothing behind', async () => {
    const redis = await ownService('redis')
    try {
      await redis.command('SET', 'survivor', 'kept')
      await redis.kill()
      await expect(redis.command('PING')).rejects.toThrow('ECONNREFUSED')

      await redis.start()
      expect(await redis.command('GET', 'survivor')).toBe('kept')
    } finally {
      await redis[Symbol.asyncDispose]()
    }
    expect(processesThatMention(redis.logFile)).toEqual([])
  })
})

await describeService('mosquitto', 'Mosquitto', () => {
  test('the shared server lets its users in and nobody else', async () => {
    const { address, user } = await useService('mosquitto')
    const port = Number(address.split(':')[1])

    await mqttLogin(port, user, soon())
    await expect(mqttLogin(port, { ...user, password: 'wrong' }, soon())).rejects.toThrow('refused')
  })

  test('a private server that is killed comes back with its messages and leaves nothing behind', async () => {
    const mosquitto = await ownService('mosquitto')
    const port = mosquitto.ports['mqtt'] ?? 0
    try {
      await mqttRetain(port, mosquitto.user, 'survivor', 'kept', soon())
      // It confirms a message a moment before it saves it.
      const saved = join(dirname(mosquitto.logFile), 'data', 'mosquitto.db')
      await vi.waitFor(() => expect(readFileSync(saved, 'latin1')).toContain('survivor'), 10_000)
      await mosquitto.kill()
      await expect(mqttLogin(port, mosquitto.user, soon())).rejects.toThrow('ECONNREFUSED')

      await mosquitto.start()
      expect(await mqttRetained(port, mosquitto.user, 'survivor', soon())).toBe('kept')
    } finally {
      await mosquitto[Symbol.asyncDispose]()
    }
    expect(processesThatMention(mosquitto.logFile)).toEqual([])
  })
})

await describeService('nats', 'NATS', () => {
  test('the shared server lets its users in and nobody else', async () => {
    const { address, user } = await useService('nats')
    const port = Number(address.split(':')[1])

    await natsLogin(port, user, soon())
    await expect(natsLogin(port, { ...user, password: 'wrong' }, soon())).rejects.toThrow('Authorization')
  })

  test('a private server that is killed comes back with its streams and leaves nothing behind', async () => {
    const nats = await ownService('nats')
    const port = nats.ports['nats'] ?? 0
    const ask = (subject: string, body: string) => natsRequest(port, nats.user, subject, body, soon())
    try {
      await ask(
        '$JS.API.STREAM.CREATE.survivor',
        JSON.stringify({ name: 'survivor', subjects: ['kept.>'], storage: 'file' }),
      )
      await ask('kept.one', 'hello')
      await nats.kill()
      await expect(natsLogin(port, nats.user, soon())).rejects.toThrow('ECONNREFUSED')

      await nats.start()
      const info = JSON.parse(await ask('$JS.API.STREAM.INFO.survivor', '')) as {
        state: { messages: number }
      }
      expect(info.state.messages).toBe(1)
    } finally {
      await nats[Symbol.asyncDispose]()
    }
    expect(processesThatMention(nats.logFile)).toEqual([])
  })
})

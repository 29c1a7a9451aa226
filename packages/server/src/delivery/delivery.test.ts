import { ok } from '@millrace/spi'
import { describe, expect, test } from 'vitest'
import { failing, TestEngine } from './engine.fixture.ts'

describe('delivery', () => {
  test('an event reaches every target of every rule that matches, and the journal says so', async () => {
    await using engine = await TestEngine.start()
    engine.sinks.scripts.set('f', () => ok).set('g', () => ok)
    await engine.bus('b')
    await engine.rule('b', 'r', [{ sink: { function: 'f' } }, { sink: { function: 'g' } }])
    await engine.rule('b', 'other', [{ sink: { function: 'f' } }], { pattern: { type: ['never'] } })

    await engine.publish('b', 1, 2)
    await engine.settled()

    expect(engine.sinks.positions('f')).toEqual([1, 2])
    expect(engine.sinks.positions('g')).toEqual([1, 2])
    expect(await engine.endings('b', 'r')).toEqual({ 1: 'delivered', 2: 'delivered' })
    expect(await engine.endings('b', 'other')).toEqual({})
  })

  test('an event is not offered to a rule that was made after it', async () => {
    await using engine = await TestEngine.start()
    engine.sinks.scripts.set('f', () => ok)
    await engine.bus('b')
    await engine.publish('b', 1)
    await engine.rule('b', 'r', [{ sink: { function: 'f' } }])
    await engine.publish('b', 2)
    await engine.settled()

    expect(engine.sinks.positions('f')).toEqual([2])
  })

  test('a failed delivery is tried again 10 to 20 s later, with the attempt counted', async () => {
    await using engine = await TestEngine.start()
    engine.sinks.scripts.set('f', (_, calls) => (calls === 1 ? failing() : ok))
    await engine.bus('b')
    await engine.rule('b', 'r', [{ sink: { function: 'f' } }])
    await engine.publish('b', 1)
    await engine.settled()
    await engine.clock.advance(9_999)
    expect(engine.sinks.writes).toHaveLength(1)
    await engine.clock.advance(10_001)

    expect(engine.sinks.writes.map(({ event }) => event.millraceattempt)).toEqual([1, 2])
    expect(await engine.journal('b')).toMatchObject([
      { position: 1, code: 'sink.failed', attempts: 1 },
      { position: 1, ending: 'delivered', attempts: 2 },
    ])
  })

  test('when retries are used up the event becomes a dead letter that tells why', async () => {
    await using engine = await TestEngine.start()
    engine.sinks.scripts.set('f', () => failing('sink.rejected')).set('dlq', () => ok)
    await engine.bus('b')
    await engine.rule('b', 'r', [{ sink: { function: 'f' }, deadLetter: { function: 'dlq' } }])
    await engine.publish('b', 1)
    for (let retry = 0; retry < 3; retry++) await engine.clock.advance(20_000)
    await engine.settled()

    expect(engine.sinks.positions('f')).toHaveLength(4)
    const [letter] = engine.sinks.writes.filter(({ sink }) => sink === 'dlq')
    expect(letter?.event).toMatchObject({
      id: 'e0',
      deadletterrule: 'r',
      deadlettertarget: 't0',
      deadlettercode: 'sink.rejected',
      deadletterattempts: 4,
    })
    expect(await engine.endings('b')).toEqual({ 1: 'dead-lettered' })
  })

  test('without a dead letter the event is dropped, and the journal has the reason', async () => {
    await using engine = await TestEngine.start()
    engine.sinks.scripts.set('f', () => failing('sink.rejected', { kind: 'never' }))
    await engine.bus('b')
    const retry = { strategy: 'CUSTOM' }
    await engine.rule('b', 'r', [{ sink: { function: 'f' }, retry }])
    await engine.publish('b', 1)
    await engine.settled()

    expect((await engine.journal('b')).at(-1)).toMatchObject({
      ending: 'dropped',
      code: 'sink.rejected',
      attempts: 1,
    })
  })

  test('a missing function is a failed attempt, and the delivery is made when the function is there', async () => {
    await using engine = await TestEngine.start()
    await engine.bus('b')
    await engine.rule('b', 'r', [{ sink: { function: 'late' } }])
    await engine.publish('b', 1)
    await engine.settled()
    expect(await engine.journal('b')).toMatchObject([{ code: 'function.not-found', attempts: 1 }])

    engine.sinks.scripts.set('late', () => ok)
    await engine.clock.advance(20_000)
    await engine.settled()

    expect(await engine.endings('b')).toEqual({ 1: 'delivered' })
  })

  test('a target that hangs is timed out and does not delay another', async () => {
    await using engine = await TestEngine.start()
    engine.sinks.scripts.set('slow', () => 'hang').set('fast', () => ok)
    await engine.bus('b')
    await engine.rule('b', 'r', [
      { sink: { function: 'slow' }, timeoutMs: 500, concurrencyMax: 1 },
      { sink: { function: 'fast' } },
    ])
    await engine.publish('b', 1, 2, 3)
    await engine.clock.settle()
    expect(engine.sinks.positions('fast')).toEqual([1, 2, 3])
    await engine.clock.advance(500)

    expect(engine.sinks.positions('slow')).toEqual([1, 2])
    expect((await engine.journal('b')).filter(({ code }) => code === 'delivery.timeout')).toHaveLength(1)
  })

  test('a sink that does not give up at its time-out loses its slot after a second of grace', async () => {
    await using engine = await TestEngine.start()
    engine.sinks.scripts.set('f', (_, calls) => (calls === 1 ? 'deaf' : ok))
    await engine.bus('b')
    await engine.rule('b', 'r', [{ sink: { function: 'f' }, timeoutMs: 500, concurrencyMax: 1 }])
    await engine.publish('b', 1, 2)
    await engine.clock.advance(1_499)
    expect(engine.sinks.positions('f')).toEqual([1])
    await engine.clock.advance(1)

    expect(engine.sinks.positions('f')).toEqual([1, 2])
  })

  test('a target gets the event as its transforms make it, with the engine’s attributes', async () => {
    await using engine = await TestEngine.start()
    engine.sinks.scripts.set('f', () => ok)
    await engine.bus('b')
    const transform = { form: 'TEMPLATE', value: { n: '$.data.n' }, template: '{"number":${n}}' }
    const parameters = { 'headers.x-id': { form: 'JSONPATH', value: '$.id' } }
    await engine.rule('b', 'r', [{ sink: { function: 'f' }, transform, parameters }])
    await engine.publish('b', { n: 7 })
    await engine.settled()

    const [write] = engine.sinks.writes
    expect(Buffer.from(write?.record.body ?? []).toString()).toBe('{"number":7}')
    expect(write?.record).toMatchObject({ id: 'e0', source: '/test', type: 'test', attempt: 1 })
    expect(write?.record.parameters).toEqual({ 'headers.x-id': 'e0' })
    expect(write?.event).toMatchObject({ millraceposition: '1', millraceattempt: 1, data: { n: 7 } })
  })

  test('a target that cannot be compiled fails by itself', async () => {
    await using engine = await TestEngine.start()
    engine.sinks.scripts.set('f', () => ok)
    await engine.bus('b')
    const sink = { function: 'f' }
    await engine.rule('b', 'r', [{ sink, orderBy: 'no path' }, { sink }])
    await engine.publish('b', 1)
    await engine.settled()

    expect(engine.sinks.positions('f')).toEqual([1])
    expect((await engine.journal('b')).map(({ target, code }) => [target, code])).toContainEqual([
      't0',
      'transform.invalid',
    ])
  })

  test('a failing dead-letter sink is tried again, and its delivery does not go back to the target', async () => {
    await using engine = await TestEngine.start()
    let isDown = true
    engine.sinks.scripts.set('f', () => failing('sink.rejected')).set('dlq', () => (isDown ? failing() : ok))
    await engine.bus('b')
    const target = { sink: { function: 'f' }, retry: { strategy: 'CUSTOM', retriesMax: 0 } }
    await engine.rule('b', 'r', [{ ...target, deadLetter: { function: 'dlq' } }])
    await engine.publish('b', 1)
    await engine.clock.advance(600_000)
    expect(engine.sinks.positions('dlq').length).toBeGreaterThan(3)

    isDown = false
    await engine.clock.advance(600_000)
    expect(engine.sinks.positions('f')).toEqual([1])
    expect((await engine.journal('b')).at(-1)).toMatchObject({
      id: 'e0',
      ending: 'dead-lettered',
      code: 'sink.rejected',
      attempts: 1,
    })
  })

  test('a sink that throws or miscounts is a failed attempt', async () => {
    await using engine = await TestEngine.start()
    engine.sinks.scripts.set('f', () => {
      throw new Error('bug')
    })
    await engine.bus('b')
    await engine.rule('b', 'r', [{ sink: { function: 'f' } }])
    await engine.publish('b', 1)
    await engine.settled()
    expect(await engine.journal('b')).toMatchObject([{ code: 'delivery.sink-misbehaved', attempts: 1 }])
  })
})

test('a stop does not wait for an attempt of a target that was deleted while it ran', async () => {
  const engine = await TestEngine.start()
  engine.sinks.scripts.set('f', () => 'hang')
  await engine.bus('b')
  await engine.rule('b', 'r', [{ sink: { function: 'f' }, timeoutMs: 900_000 }])
  await engine.publish('b', 1)
  await engine.clock.settle()
  await engine.resources.rules.delete('acme', 'b', 'r')
  await engine.clock.settle()
  await engine[Symbol.asyncDispose]()
  expect(engine.sinks.writes).toHaveLength(1)
})

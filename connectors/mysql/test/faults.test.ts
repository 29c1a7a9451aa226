import { faultProxy, ownService } from '@millrace/services'
import { describeService } from '@millrace/services/vitest'
import { AppError, type Sink, type Source } from '@millrace/spi'
import { SourceHost } from '@millrace/spi/conformance'
import { expect, test } from 'vitest'
import { Database, reachOf } from './database.ts'
import { codes, inTime, limits, messageOf, openSink, openSource, rowRecord } from './opened.ts'

/** Ids in the order of their reading, until all are there; what may pass is tried again, as the engine does. */
async function readIds(source: Source, until: number): Promise<number[]> {
  const found: number[] = []
  while (new Set(found).size < until) {
    try {
      const records = await source.read(limits, inTime())
      for (const { event } of records) {
        const { data } = JSON.parse(Buffer.from(event).toString()) as { data: { after: { id: number } } }
        found.push(data.after.id)
      }
      await source.commit(records)
    } catch (thrown) {
      if (!(thrown instanceof AppError) || thrown.retry.kind !== 'backoff') throw thrown
      await new Promise(resolve => setImmediate(resolve))
    }
  }
  return found
}

/** Writes until the record is in, as the engine does. */
async function writeAgain(sink: Sink, id: number): Promise<number> {
  for (let attempts = 1; ; attempts++) {
    const [outcome] = await sink.write([rowRecord({ id })], inTime())
    if (outcome?.status === 'ok') return attempts
    expect(outcome).toMatchObject({ error: { retry: { kind: 'backoff' } } })
    await new Promise(resolve => setImmediate(resolve))
  }
}

await describeService('mariadb', 'mysql and a server that fails', () => {
  test('a server that is killed and comes back: every row is written, and every change read, in order', async () => {
    await using service = await ownService('mariadb')
    const reach = reachOf(service)
    await service.query('CREATE TABLE rows_kept (id int PRIMARY KEY)')
    const host = new SourceHost()
    const options = { ...reach, tables: ['rows_kept'], start: 'earliest' }
    await using source = openSource(options, host)
    await using sink = openSink({ ...reach, table: 'rows_kept', mode: 'ignore' })
    const reading = readIds(source, 300)
    for (let id = 1; id <= 300; id++) {
      if (id === 150) {
        await service.kill()
        const [outcome] = await sink.write([rowRecord({ id })], inTime())
        expect(outcome).toMatchObject({ error: { code: 'sink.unavailable', retry: { kind: 'backoff' } } })
        await service.start()
      }
      await writeAgain(sink, id)
    }
    const found = await reading
    // A batch whose commit was under way may come twice; none may be left out.
    const first = found.filter((id, at) => found.indexOf(id) === at)
    expect(first).toEqual(Array.from({ length: 300 }, (_, at) => at + 1))
    expect(await service.query('SELECT COUNT(*) FROM rows_kept')).toBe('300\n')

    await service.query('SET GLOBAL innodb_lock_wait_timeout = 1')
    await using database = await Database.open(service)
    await database.query('BEGIN')
    await database.query('DELETE FROM rows_kept WHERE id = 1')
    await using waiting = openSink({ ...reach, table: 'rows_kept', mode: 'upsert' })
    const [locked] = await waiting.write([rowRecord({ id: 1 })], inTime())
    expect(locked).toMatchObject({ error: { code: 'sink.failed', retry: { kind: 'backoff' } } })
    expect(messageOf(locked)).toContain('error 1205')
    await database.query('ROLLBACK')
  }, 90_000)

  test('connections that are cut and reset in the middle: no change is left out, and rows are written', async () => {
    await using database = await Database.open()
    const { name, reach } = database
    await database.query(`CREATE TABLE ${name} (id int PRIMARY KEY, note text)`)
    await using proxy = await faultProxy({ target: `${reach.host}:${reach.port}` })
    const [, port] = proxy.address.split(':')
    const through = { ...reach, port: Number(port) }
    const host = new SourceHost()
    await using source = openSource(
      { ...through, tables: [name], prefetch: 20, prefetchBytes: 65_536, start: 'earliest' },
      host,
    )
    await using sink = openSink({ ...through, table: name, mode: 'ignore' })
    await database.query(`INSERT INTO ${name} SELECT seq, REPEAT('x', 1000) FROM seq_1_to_3000`)
    const reading = readIds(source, 3_010)
    for (let id = 3_001; id <= 3_010; id++) {
      if (id % 2 === 0) proxy.resetAll()
      else proxy.cut()
      await writeAgain(sink, id)
    }
    const found = await reading
    const first = found.filter((id, at) => found.indexOf(id) === at)
    expect(first).toEqual(Array.from({ length: 3_010 }, (_, at) => at + 1))
  }, 60_000)

  test('a server that stalls: a write ends with its signal, and the next one is written', async () => {
    await using database = await Database.open()
    const { name, reach } = database
    await database.query(`CREATE TABLE ${name} (id int PRIMARY KEY)`)
    await using proxy = await faultProxy({ target: `${reach.host}:${reach.port}` })
    const [, port] = proxy.address.split(':')
    await using sink = openSink({ ...reach, port: Number(port), table: name, connectTimeoutMs: 1_000 })
    expect(codes(await sink.write([rowRecord({ id: 1 })], inTime()))).toEqual(['ok'])
    proxy.stall()
    const abort = new AbortController()
    const write = sink.write([rowRecord({ id: 2 })], abort.signal)
    abort.abort(new Error('time is up'))
    await expect(write).rejects.toThrow('time is up')
    proxy.resume()
    expect(codes(await sink.write([rowRecord({ id: 3 })], inTime()))).toEqual(['ok'])
  }, 60_000)
})

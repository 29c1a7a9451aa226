import { createServer, type IncomingMessage } from 'node:http'
import { get } from 'node:https'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ownService, useService } from '../index.ts'
import { describeService } from '../vitest.ts'
import { s3Request } from '../wire/index.ts'
import { processesThatMention } from './leftovers.ts'

const soon = () => AbortSignal.timeout(10_000)
const newBucket = () => `services-${crypto.randomUUID()}`

await describeService('versitygw', 'the S3 server', () => {
  test('keeps objects for those who may, and tells the others why not', async () => {
    const s3 = await useService('versitygw')
    const bucket = newBucket()
    await s3.createBucket(bucket)
    await s3.createBucket(bucket)
    const path = `/${bucket}/a%20b`

    expect(await s3.request({ method: 'PUT', path, body: 'kept' })).toMatchObject({ status: 200 })
    expect(await s3.request({ method: 'GET', path })).toMatchObject({ status: 200, body: 'kept' })
    const port = Number(s3.address.split(':')[1])
    const { region, stranger, user } = s3
    const read = (who: typeof user) => s3Request(port, { region, user: who }, { method: 'GET', path }, soon())
    expect((await read(stranger)).body).toContain('<Code>AccessDenied</Code>')
    expect((await read({ ...user, password: 'wrong' })).body).toContain('<Code>SignatureDoesNotMatch</Code>')
  })

  test('has the same objects over TLS', async () => {
    const s3 = await useService('versitygw')
    const bucket = newBucket()
    await s3.createBucket(bucket)
    const ca = readFileSync(s3.authorityFile, 'utf8')
    const statusOf = async (trusted: string | undefined): Promise<number | undefined> => {
      const sent = get(`${s3.tlsUrl}/${bucket}`, {
        agent: false,
        ...(trusted === undefined ? {} : { ca: trusted }),
      })
      const [response] = (await once(sent, 'response')) as [IncomingMessage]
      response.resume()
      return response.statusCode
    }

    // It asks for a signature, and so it was reached.
    expect(await statusOf(ca)).toBe(400)
    await expect(statusOf(undefined)).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
  })

  test('tells of new objects until it is heard, and of no other bucket', async () => {
    const s3 = await useService('versitygw')
    const [bucket, other] = [newBucket(), newBucket()]
    await s3.createBucket(bucket)
    await s3.createBucket(other)
    const heard: string[] = []
    let refusals = 2
    const hear = async (request: IncomingMessage): Promise<number> => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      if (refusals-- > 0) return 503
      const { Records } = JSON.parse(Buffer.concat(chunks).toString()) as {
        Records: { eventName: string; s3: { object: { key: string } } }[]
      }
      heard.push(...Records.map(record => `${record.eventName} ${record.s3.object.key}`))
      return 200
    }
    const listener = createServer((request, response) => {
      void hear(request).then(status => response.writeHead(status).end())
    }).listen(0, '127.0.0.1')
    await once(listener, 'listening')
    {
      await using _told = await s3.notify(
        bucket,
        `http://127.0.0.1:${(listener.address() as AddressInfo).port}/`,
      )
      await s3.request({ method: 'PUT', path: `/${other}/x`, body: '1' })
      await s3.request({ method: 'PUT', path: `/${bucket}/x`, body: '1' })
      await expect.poll(() => heard, { timeout: 10_000 }).toEqual(['s3:ObjectCreated:Put x'])
    }
    listener.close()
    expect(refusals).toBeLessThan(0)
  })

  test('a private server that is killed comes back with its data and leaves nothing behind', async () => {
    const s3 = await ownService('versitygw')
    try {
      await s3.createBucket('survivors')
      await s3.request({ method: 'PUT', path: '/survivors/one', body: 'kept' })
      await s3.kill()
      await expect(s3.request({ method: 'GET', path: '/survivors/one' })).rejects.toThrow('ECONNREFUSED')

      await s3.start()
      expect((await s3.request({ method: 'GET', path: '/survivors/one' })).body).toBe('kept')
    } finally {
      await s3[Symbol.asyncDispose]()
    }
    expect(processesThatMention(s3.logFile)).toEqual([])
  })
})

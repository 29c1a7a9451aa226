import { deflateSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accessKeyId, type RawOptions, type SlsServer, startSlsServer } from './fixture.ts'

let server: SlsServer

beforeAll(async () => {
  server = await startSlsServer()
  const host = 'log.test'
  await server.send('POST', '/', { host, body: '{"projectName":"myproj"}' })
  await server.send('POST', '/logstores', { body: '{"logstoreName":"app","shardCount":1}' })
})

afterAll(() => server[Symbol.asyncDispose]())

async function refusal(method: string, target: string, options?: RawOptions): Promise<string> {
  const { status, json, headers } = await server.send(method, target, options)
  expect(headers['content-type']).toBe('application/json')
  expect(headers['x-log-requestid']).toMatch(/^[0-9A-F]{24}$/)
  expect(Object.keys(json)).toEqual(['errorCode', 'errorMessage'])
  expect(json.errorMessage).toMatch(/./)
  return `${status} ${json.errorCode}`
}

const stale = new Date(Date.now() - 16 * 60_000).toUTCString()

/** A `LogGroup` with one log: the fields of the log, and of the group, in hex. */
function group(log: string, rest = ''): Buffer {
  const bytes = Buffer.from(log, 'hex')
  return Buffer.concat([Buffer.from([0x0a, bytes.length]), bytes, Buffer.from(rest, 'hex')])
}
/** Of the year 2001, with a=b. */
const good = group('088094ebdc0312060a0161120162')

describe('a request is refused', () => {
  test.each<readonly [string, RawOptions, string]>([
    ['without credentials', { headers: { authorization: undefined } }, '400 MissAccessKeyId'],
    ['with those of another kind', { headers: { authorization: 'Bearer x' } }, '400 MissAccessKeyId'],
    ['with an unknown key', { headers: { authorization: 'LOG nobody:eA==' } }, '401 Unauthorized'],
    ['with a wrong secret', { secret: 'wrong' }, '401 SignatureNotMatch'],
    [
      'with a wrong signature',
      { headers: { authorization: `LOG ${accessKeyId}:eA==` } },
      '401 SignatureNotMatch',
    ],
    [
      'with half a signature of the fourth kind',
      { headers: { authorization: 'SLS4-HMAC-SHA256 x' } },
      '400 MissingDate',
    ],
    [
      'with a wrong signature of the fourth kind',
      { headers: { authorization: 'SLS4-HMAC-SHA256 x', 'x-log-date': '20250715T080000Z' } },
      '401 Unauthorized',
    ],
    ['with a token', { headers: { 'x-acs-security-token': 'tok' } }, '401 Unauthorized'],
    ['without a date', { headers: { date: undefined } }, '400 MissingDate'],
    ['with a date that is none', { headers: { date: 'yesterday' } }, '400 InvalidDateFormat'],
    ['with a stale date', { headers: { date: stale } }, '400 RequestTimeExpired'],
    ['without a version', { headers: { 'x-log-apiversion': undefined } }, '400 MissingAPIVersion'],
    ['with another version', { headers: { 'x-log-apiversion': '0.5.0' } }, '400 InvalidAPIVersion'],
    ['without a method', { headers: { 'x-log-signaturemethod': undefined } }, '400 MissingSignatureMethod'],
    ['with another method', { headers: { 'x-log-signaturemethod': 'md5' } }, '400 InvalidSignatureMethod'],
    ['of another project', { host: 'nowhere.log.test' }, '404 ProjectNotExist'],
    ['of a project that cannot be', { host: '%00.log.test' }, '404 ProjectNotExist'],
  ])('%s', async (_what, options, expected) => {
    expect(await refusal('GET', '/logstores/app', options)).toBe(expected)
  })

  const during = 'from=1000&to=2000'
  test.each([
    ['PATCH', '/', '400 BadRequest'],
    ['GET', '/other', '400 BadRequest'],
    ['GET', '/logs?query=a', '400 BadRequest'],
    ['PATCH', '/logstores/app', '400 BadRequest'],
    ['GET', '/logstores/app/other', '400 BadRequest'],
    ['GET', '/logstores/app/constructor', '400 BadRequest'],
    ['GET', '/logstores/app?type=constructor', '400 BadRequest'],
    ['GET', '/logstores/app/shards/0/x', '400 BadRequest'],
    ['GET', '/logstores/app/shards/0', '400 BadRequest'],
    ['POST', '/logstores/app/shards/0?action=split', '400 BadRequest'],
    ['GET', '/logstores/none', '404 LogStoreNotExist'],
    ['GET', '/logstores?size=501', '400 ParameterInvalid'],
    ['GET', '/logstores?offset=-1', '400 ParameterInvalid'],
    ['GET', '/logstores/app?type=log', '400 ParameterInvalid'],
    ['GET', '/logstores/app?type=log&from=2000&to=2000', '400 InvalidTimeRange'],
    ['GET', '/logstores/app?type=log&from=soon&to=2000', '400 ParameterInvalid'],
    ['GET', `/logstores/app?type=log&${during}&line=101`, '400 InvalidLine'],
    ['GET', `/logstores/app?type=log&${during}&offset=-1`, '400 InvalidOffset'],
    ['GET', `/logstores/app?type=log&${during}&reverse=maybe`, '400 InvalidReverse'],
    ['GET', `/logstores/app?type=log&${during}&query=%28a`, '400 InvalidQueryString'],
    ['GET', `/logstores/app?type=histogram&${during}&interval=0`, '400 ParameterInvalid'],
    ['GET', '/logstores/app/shards/1?type=cursor&from=begin', '404 ShardNotExist'],
    ['GET', '/logstores/app/shards/x?type=cursor&from=begin', '404 ShardNotExist'],
    ['GET', '/logstores/app/shards/0?type=cursor&from=soon', '400 ParameterInvalid'],
    ['GET', '/logstores/app/shards/0?type=logs', '400 InvalidCursor'],
    ['GET', '/logstores/app/shards/0?type=logs&cursor=MQ==&count=0', '400 ParameterInvalid'],
    ['GET', '/logstores/app/shards/0?type=logs&cursor=MQ==&count=1001', '400 ParameterInvalid'],
    ['GET', '/logstores/app/shards/0?type=logs&cursor=LTE=', '400 InvalidCursor'],
    ['GET', '/logstores/app/shards/0?type=logs&cursor=OTk5', '400 InvalidCursor'],
    ['GET', '/logstores/app/shards/0?type=logs&cursor=MQ==&query=*', '400 BadRequest'],
  ])('%s %s: %s', async (method, target, expected) => {
    expect(await refusal(method, target)).toBe(expected)
  })

  test.each([
    ['POST', '/', '{', '400 ParameterInvalid'],
    ['POST', '/', '{"projectName":"Up"}', '400 ParameterInvalid'],
    ['POST', '/', '{"projectName":"default"}', '400 ProjectAlreadyExist'],
    ['POST', '/logstores', '[]', '400 ParameterInvalid'],
    ['POST', '/logstores', '{"logstoreName":"a.b"}', '400 LogstoreInfoInvalid'],
    ['POST', '/logstores', '{"logstoreName":"ok-name","ttl":0}', '400 LogstoreInfoInvalid'],
    ['POST', '/logstores', '{"logstoreName":"ok-name","ttl":"7"}', '400 LogstoreInfoInvalid'],
    ['POST', '/logstores', '{"logstoreName":"ok-name","shardCount":101}', '400 LogstoreInfoInvalid'],
    ['POST', '/logstores/app/index', 'null', '400 ParameterInvalid'],
    ['POST', '/logstores/app/logs', '{"from":1}', '400 ParameterInvalid'],
    ['POST', '/logstores/app/shards/lb', '{}', '415 InvalidContentType'],
  ])('%s %s with %s: %s', async (method, target, body, expected) => {
    expect(await refusal(method, target, { body })).toBe(expected)
  })
})

describe('a group of logs is refused', () => {
  const deflated = { 'x-log-compresstype': 'deflate', 'x-log-bodyrawsize': String(good.length) }
  const far = group('0884f4ffffff0f')
  test.each<readonly [string, RawOptions, string]>([
    ['that is none', { body: Buffer.from('hello') }, '400 PostBodyInvalid'],
    ['with a log that has no time', { body: group('12060a0161120162') }, '400 PostBodyInvalid'],
    ['with a key that has no value', { body: group('088094ebdc0312030a0161') }, '400 PostBodyInvalid'],
    ['with an empty key', { body: group('088094ebdc0312050a00120162') }, '400 InvalidKey'],
    ['with a text that is not UTF-8', { body: group('088094ebdc03', '1a01ff') }, '400 InvalidEncoding'],
    [
      'with a topic that is too long',
      { body: group('088094ebdc03', `1a8101${'61'.repeat(129)}`) },
      '400 PostBodyInvalid',
    ],
    ['of the future', { body: far }, '400 InvalidTimestamp'],
    ['of no type', { body: good, headers: { 'content-type': undefined } }, '400 MissingContentType'],
    [
      'with another digest',
      { body: good, headers: { 'content-md5': 'AD228E86D007EEB0F0DF85C90AE8BA32' } },
      '401 SignatureNotMatch',
    ],
    [
      'in an unknown compression',
      { body: good, headers: { 'x-log-compresstype': 'br' } },
      '400 InvalidCompressType',
    ],
    [
      'compressed by half',
      { body: deflateSync(good).subarray(3), headers: deflated },
      '400 PostBodyUncompressError',
    ],
    [
      'of an unknown size',
      { body: deflateSync(good), headers: { 'x-log-compresstype': 'deflate' } },
      '400 MissingBodyRawSize',
    ],
    ['that is too large', { body: Buffer.alloc(10_485_761) }, '400 PostBodyTooLarge'],
    [
      'that is too large once it is decompressed',
      {
        body: deflateSync(Buffer.alloc(12_000_000)),
        headers: { 'x-log-compresstype': 'deflate', 'x-log-bodyrawsize': '12000000' },
      },
      '400 PostBodyTooLarge',
    ],
  ])('%s', async (_what, options, expected) => {
    expect(await refusal('POST', '/logstores/app/shards/lb', options)).toBe(expected)
  })

  test('for a key that is no digest', async () => {
    expect(await refusal('POST', '/logstores/app/shards/route?key=abc', { body: good })).toBe(
      '400 ParameterInvalid',
    )
  })

  test('and nothing of what was refused is there', async () => {
    const { json } = await server.send('GET', '/logstores/app?type=log&from=0&to=4294967295')
    expect(json).toEqual([])
  })
})

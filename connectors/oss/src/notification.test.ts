import { describe, expect, test } from 'vitest'
import { noticeEvent } from './notice.ts'
import { noticesOf } from './notification.ts'

const context = { account: '1000000000000001', region: 'local', nowMs: 0, keysEscaped: true }
const of = (value: unknown, change: object = {}) =>
  noticesOf(Buffer.from(JSON.stringify(value)), { ...context, ...change })

/** As MinIO sends it. */
function record(change: object = {}, object: object = {}) {
  return {
    eventVersion: '2.0',
    eventSource: 'minio:s3',
    awsRegion: '',
    eventTime: '2026-08-13T06:45:43.000Z',
    eventName: 's3:ObjectCreated:Put',
    userIdentity: { principalId: 'uploader' },
    requestParameters: { principalId: 'uploader', region: '', sourceIPAddress: '140.205.0.1' },
    responseElements: { 'x-amz-request-id': '58F9FF2D3DF792092E12044C' },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId: 'Config',
      bucket: { name: 'demo', ownerIdentity: { principalId: 'owner' }, arn: 'arn:aws:s3:::demo' },
      object: {
        key: 'source%2Fa+b%2B.png',
        size: 122_539,
        eTag: '688a7bf4',
        contentType: 'image/png',
        userMetadata: { 'content-type': 'image/png' },
        sequencer: '0055AED6DCD90281E5',
        ...object,
      },
    },
    ...change,
  }
}

describe('notifications', () => {
  test('an upload has the shape of the compatible protocol', () => {
    const [notice] = of({ EventName: 's3:ObjectCreated:Put', Key: 'demo/x', Records: [record()] })
    const { event } = noticeEvent(notice!, context.account)
    expect(JSON.parse(Buffer.from(event).toString())).toEqual({
      specversion: '1.0',
      id: '58F9FF2D3DF792092E12044C',
      source: 'acs.oss',
      type: 'oss:ObjectCreated:PutObject',
      subject: 'acs:oss:local:1000000000000001:demo/source/a b+.png',
      time: '2026-08-13T06:45:43.000Z',
      datacontenttype: 'application/json; charset=utf-8',
      data: {
        region: 'local',
        eventVersion: '1.0',
        eventSource: 'acs:oss',
        eventName: 'ObjectCreated:PutObject',
        eventTime: '2026-08-13T06:45:43.000Z',
        requestParameters: { sourceIPAddress: '140.205.0.1' },
        responseElements: { requestId: '58F9FF2D3DF792092E12044C' },
        userIdentity: { principalId: 'uploader' },
        oss: {
          ossSchemaVersion: '1.0',
          ruleId: 'Config',
          bucket: { name: 'demo', arn: 'acs:oss:local:1000000000000001:demo', ownerIdentity: 'owner' },
          object: {
            key: 'source/a b+.png',
            eTag: '688a7bf4',
            size: 122_539,
            deltaSize: 122_539,
            objectMeta: { mimeType: 'image/png', userMeta: { 'content-type': 'image/png' } },
          },
        },
      },
    })
  })

  test.each([
    ['ObjectCreated:Put', 'oss:ObjectCreated:PutObject'],
    ['s3:ObjectCreated:Post', 'oss:ObjectCreated:PostObject'],
    ['s3:ObjectCreated:Copy', 'oss:ObjectCreated:CopyObject'],
    ['s3:ObjectCreated:CompleteMultipartUpload', 'oss:ObjectCreated:CompleteMultipartUpload'],
    ['ObjectRemoved:Delete', 'oss:ObjectRemoved:DeleteObject'],
    ['ObjectRemoved:DeleteMarkerCreated', 'oss:ObjectRemoved:DeleteObject'],
    ['s3:ObjectRemoved:DeleteObjects', 'oss:ObjectRemoved:DeleteObjects'],
    ['ObjectRestore:Completed', 'oss:ObjectRestore:FinishRestore'],
    ['s3:ObjectTagging:Put', 'oss:ObjectTagging:Put'],
  ])('%s is %s', (eventName, type) => {
    expect(of({ Records: [record({ eventName })] })[0]?.type).toBe(type)
  })

  test('removals of one request have ids of their own, which a repeated notice has again', () => {
    const removed = { eventName: 's3:ObjectRemoved:Delete' }
    const records = [record(removed, { key: 'a' }), record(removed, { key: 'b' })]
    const ids = of({ Records: records }).map(({ id }) => id)
    expect(new Set(ids).size).toBe(2)
    expect(of({ Records: records }).map(({ id }) => id)).toEqual(ids)
  })

  test('a server that tells no request still has ids: one for each change', () => {
    const without = (sequencer: string) => record({ responseElements: {} }, { sequencer })
    const [first, second] = of({ Records: [without('1'), without('2')] })
    expect(first?.id).toMatch(/^[0-9a-f]{32}$/)
    expect(first?.id).not.toBe(second?.id)
  })

  test('keys may come as they are', () => {
    expect(of({ Records: [record({}, { key: 'a+b%20c' })] }, { keysEscaped: false })[0]?.key).toBe('a+b%20c')
    expect(of({ Records: [record({}, { key: '100%' })] })[0]?.key).toBe('100%')
  })

  test('records of Alibaba Cloud OSS are the data as they are', () => {
    const data = {
      region: 'cn-hangzhou',
      eventName: 'ObjectCreated:PutObject',
      eventTime: '2026-08-13T06:45:43.000Z',
      responseElements: { requestId: 'R1' },
      oss: { bucket: { name: 'demo', virtualBucket: '' }, object: { key: 'a+b.txt', deltaSize: -1 } },
    }
    const [notice] = of({ events: [data] })
    expect(notice).toMatchObject({ id: 'R1', type: 'oss:ObjectCreated:PutObject', key: 'a+b.txt' })
    expect(notice?.data).toEqual(data)
  })

  test.each([
    { Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'b' },
    { EventName: 's3:TestEvent' },
    { Records: [] },
  ])('%o tells of nothing', body => {
    expect(of(body)).toEqual([])
  })

  test.each([
    [{}, 'has neither Records nor events'],
    [[1], 'has neither Records nor events'],
    [{ Records: [{}] }, 'lacks the member key'],
    [{ Records: [record({ s3: {} })] }, 'lacks the member'],
    [{ Records: Array.from({ length: 1_001 }, () => 1) }, 'has 1001 records, at most 1000'],
  ])('%o is refused', (body, words) => {
    expect(() => of(body)).toThrow(
      expect.objectContaining({ code: 'record.malformed', message: expect.stringContaining(words) }),
    )
  })
})

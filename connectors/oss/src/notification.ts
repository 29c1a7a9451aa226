import { AppError, retryNever } from '@millrace/spi'
import { unescaped } from './key.ts'
import { type Notice, noticeOf } from './notice.ts'

/** Where a notification comes to. */
export interface NoticeContext {
  readonly account: string
  /** Region of buckets whose notification tells none. */
  readonly region: string
  readonly nowMs: number
  /** Whether keys are escaped as in forms, as the protocol has it. */
  readonly keysEscaped: boolean
}

type Members = Readonly<Record<string, unknown>>

/** Records of one notification at most. */
const recordsMax = 1_000

/**
 * What a notification tells of: of S3 and what speaks its protocol (`Records`, versions 2.0 to 2.x), and of Alibaba Cloud OSS
 * (`events`), whose records are taken as they are. Empty for test messages and the like. Throws `record.malformed` for what is no
 * notification.
 */
export function noticesOf(body: Uint8Array, context: NoticeContext): Notice[] {
  const root = members(parsed(body))
  if (Array.isArray(root['Records'])) {
    return limited(root['Records']).map(record => s3Notice(members(record), context))
  }
  if (Array.isArray(root['events'])) {
    return limited(root['events']).map(record => ossNotice(members(record), context))
  }
  if ('Event' in root || 'EventName' in root) return []
  throw malformed('has neither Records nor events')
}

function s3Notice(record: Members, { account, region, nowMs, keysEscaped }: NoticeContext): Notice {
  const s3 = members(record['s3'])
  const bucket = members(s3['bucket'])
  const object = members(s3['object'])
  const response = members(record['responseElements'])
  const key = needed(object, 'key')
  const size = object['size']
  const userMeta = object['userMetadata']
  return noticeOf(
    {
      eventName: needed(record, 'eventName'),
      timeMs: timeOf(record['eventTime']) ?? nowMs,
      bucket: needed(bucket, 'name'),
      key: keysEscaped ? unescaped(key) : key,
      eTag: text(object, 'eTag'),
      size: typeof size === 'number' ? size : undefined,
      region: text(record, 'awsRegion') || region,
      requestId: text(response, 'x-amz-request-id'),
      ruleId: text(s3, 'configurationId'),
      sourceAddress: text(members(record['requestParameters']), 'sourceIPAddress'),
      principal: principalOf(record['userIdentity']),
      owner: principalOf(bucket['ownerIdentity']),
      mimeType: text(object, 'contentType'),
      userMeta: isObject(userMeta) ? userMeta : undefined,
      sequencer: text(object, 'sequencer'),
    },
    account,
  )
}

function ossNotice(record: Members, { account, region, nowMs }: NoticeContext): Notice {
  const oss = members(record['oss'])
  const bucket = needed(members(oss['bucket']), 'name')
  const object = members(oss['object'])
  const facts = {
    eventName: needed(record, 'eventName'),
    timeMs: timeOf(record['eventTime']) ?? nowMs,
    bucket,
    key: needed(object, 'key'),
    eTag: text(object, 'eTag'),
    size: undefined,
    region: text(record, 'region') || region,
    requestId: text(members(record['responseElements']), 'requestId'),
    ruleId: '',
    sourceAddress: '',
    principal: '',
    owner: '',
    mimeType: '',
    userMeta: undefined,
    sequencer: '',
  }
  return { ...noticeOf(facts, account), data: record }
}

/** Some servers write it with a capital letter. */
function principalOf(value: unknown): string {
  const identity = members(value)
  return text(identity, 'principalId') || text(identity, 'PrincipalId')
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.length).toString())
  } catch (cause) {
    throw new AppError(
      'record.malformed',
      `the notification of ${body.length} bytes is not JSON`,
      retryNever,
      { cause },
    )
  }
}

function limited(records: unknown[]): unknown[] {
  if (records.length <= recordsMax) return records
  throw malformed(`has ${records.length} records, at most ${recordsMax} are taken`)
}

function timeOf(value: unknown): number | undefined {
  const timeMs = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isFinite(timeMs) ? timeMs : undefined
}

function needed(from: Members, name: string): string {
  const value = text(from, name)
  if (value === '') throw malformed(`lacks the member ${name}`)
  return value
}

function text(from: Members, name: string): string {
  const value = from[name]
  return typeof value === 'string' ? value : ''
}

/** No members, where there is no object. */
function members(value: unknown): Members {
  return isObject(value) ? value : {}
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function malformed(what: string): AppError {
  return new AppError('record.malformed', `the notification ${what}`, retryNever)
}

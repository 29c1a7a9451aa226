import { createHash } from 'node:crypto'
import { sourceEvent } from '@millrace/spi'

/** What is known of an object that was made, changed or removed: the members of section 9.7 that an event is made of. */
export interface Notice {
  readonly id: string
  /** With the product: `oss:ObjectCreated:PutObject`. */
  readonly type: string
  readonly timeMs: number
  readonly bucket: string
  /** As it is, without escapes. */
  readonly key: string
  readonly region: string
  /** The data of the event, without a body. */
  readonly data: Readonly<Record<string, unknown>>
}

/** What the protocol says of an object; texts are empty, and counts undefined, where it says nothing. */
export interface NoticeFacts {
  readonly eventName: string
  readonly timeMs: number
  readonly bucket: string
  readonly key: string
  readonly eTag: string
  readonly size: number | undefined
  readonly region: string
  readonly requestId: string
  readonly ruleId: string
  readonly sourceAddress: string
  readonly principal: string
  readonly owner: string
  readonly mimeType: string
  readonly userMeta: Readonly<Record<string, unknown>> | undefined
  /** What tells this change of the object from others of it. */
  readonly sequencer: string
}

/** Names of the S3 protocol → those of section 9.7; what is not here keeps its name. */
const eventNames: Readonly<Record<string, string>> = {
  'ObjectCreated:Put': 'ObjectCreated:PutObject',
  'ObjectCreated:Post': 'ObjectCreated:PostObject',
  'ObjectCreated:Copy': 'ObjectCreated:CopyObject',
  'ObjectRemoved:Delete': 'ObjectRemoved:DeleteObject',
  'ObjectRemoved:DeleteMarkerCreated': 'ObjectRemoved:DeleteObject',
  'ObjectRestore:Completed': 'ObjectRestore:FinishRestore',
}

/** Makes the notice of an object in the shape of section 9.7. */
export function noticeOf(facts: NoticeFacts, account: string): Notice {
  const { bucket, key, region, timeMs, size, eTag } = facts
  const said = facts.eventName.replace(/^s3:/, '')
  const eventName = Object.hasOwn(eventNames, said) ? eventNames[said]! : said
  const meta = { ...given('mimeType', facts.mimeType), ...(facts.userMeta && { userMeta: facts.userMeta }) }
  const object = {
    key,
    ...given('eTag', eTag),
    // What an object had before it was overwritten, the protocol does not tell.
    ...(size === undefined ? {} : { size, deltaSize: size }),
    ...(Object.keys(meta).length === 0 ? {} : { objectMeta: meta }),
  }
  const data = {
    region,
    eventVersion: '1.0',
    eventSource: 'acs:oss',
    eventName,
    eventTime: new Date(timeMs).toISOString(),
    requestParameters: { sourceIPAddress: facts.sourceAddress },
    responseElements: { requestId: facts.requestId },
    userIdentity: { principalId: facts.principal },
    oss: {
      ossSchemaVersion: '1.0',
      ...given('ruleId', facts.ruleId),
      bucket: { name: bucket, arn: `acs:oss:${region}:${account}:${bucket}`, ownerIdentity: facts.owner },
      object,
    },
  }
  return { id: idOf(facts, eventName), type: `oss:${eventName}`, timeMs, bucket, key, region, data }
}

/**
 * The id of the request, where it made one object and no more. A request that removes many has many notices, and some servers
 * tell no id: then what tells the change from others makes it, so that a repeated notice has the same id.
 */
function idOf(facts: NoticeFacts, eventName: string): string {
  const { requestId, bucket, key, eTag, sequencer, timeMs } = facts
  if (requestId !== '' && eventName.startsWith('ObjectCreated:')) return requestId
  const parts = [requestId, bucket, key, eventName, eTag, sequencer, sequencer === '' ? timeMs : 0]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)
}

/** The event of a notice; with `body`, JSON text that stands as `data.body`, and the number of the element that it is. */
export function noticeEvent(
  notice: Notice,
  account: string,
  content?: { readonly body: string; readonly element?: number },
): { readonly id: string; readonly event: Uint8Array } {
  const { type, timeMs, bucket, key, region } = notice
  const { body, element } = content ?? {}
  const id = element === undefined ? notice.id : `${notice.id}-${element}`
  const facts = element === undefined ? notice.data : { ...notice.data, element }
  const text = JSON.stringify(facts)
  const event = sourceEvent({
    id,
    // Section 9.7: also where it comes into a bus of one's own.
    source: 'acs.oss',
    type,
    subject: `acs:oss:${region}:${account}:${bucket}/${key}`,
    timeMs,
    data: body === undefined ? text : `${text.slice(0, -1)},"body":${body}}`,
  })
  return { id, event }
}

function given(name: string, text: string): Record<string, string> {
  return text === '' ? {} : { [name]: text }
}

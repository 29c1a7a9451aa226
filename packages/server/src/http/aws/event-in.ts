import { type EventText, ResolvedOptions, scanStructured } from '@millrace/cloudevents'
import { AppError } from '@millrace/spi'
import { type Static, Type } from 'typebox'
import { engineAttributePrefix } from '../../ingest/index.ts'
import { parseJson } from '../json-body.ts'
import { Timestamp } from './names.ts'
import { isObject } from './operation.ts'
import { innerSource } from './source-text.ts'

export const PutEventsEntry = Type.Object({
  Time: Type.Optional(Timestamp),
  Source: Type.Optional(Type.String()),
  DetailType: Type.Optional(Type.String()),
  Detail: Type.Optional(Type.String()),
  Resources: Type.Optional(Type.Array(Type.String())),
  EventBusName: Type.Optional(Type.String({ minLength: 1, maxLength: 1_600 })),
  TraceHeader: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
})
export type PutEventsEntry = Static<typeof PutEventsEntry>

/** What the service says of an event that it accepts. */
export interface Stamps {
  readonly id: string
  readonly owner: string
  readonly region: string
  readonly nowMs: number
}

/** Why one entry is refused: a code of section 10.2 of the AWS protocol. */
export class EntryRefusal extends Error {
  override readonly name: string = 'EntryRefusal'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

const sourceLengthMax = 256
const detailTypeLengthMax = 128
const resourceLengthMax = 2_048

/** The size of a request is judged before; here nothing that fits into one is too large. Sources may have letters of any script. */
const options = new ResolvedOptions({
  eventBytesMax: 4_194_304,
  attributeLengthMax: 2_097_152,
  subjectLengthMax: 2 * resourceLengthMax * 4,
  depthMax: 500,
  tolerant: true,
  watchPrefix: engineAttributePrefix,
})

/** Whether an entry has what every event has. */
export function isComplete({ Source = '', DetailType = '', Detail = '' }: PutEventsEntry): boolean {
  return Source !== '' && DetailType !== '' && Detail !== ''
}

/** Bytes of an entry, as the service counts them. */
export function entryBytes({
  Time,
  Source = '',
  DetailType = '',
  Detail = '',
  Resources = [],
}: PutEventsEntry) {
  const texts = [Source, DetailType, Detail, ...Resources]
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), Time === undefined ? 0 : 14)
}

/**
 * An entry as a CloudEvent (section 11 of the AWS protocol). The text of the detail is kept as it was written, so that numbers keep
 * their digits. Throws EntryRefusal, and the event library's error for what no CloudEvent can say.
 */
export function eventOf(entry: PutEventsEntry, stamps: Stamps): EventText {
  const { Source = '', DetailType = '', Detail = '', Resources = [] } = entry
  checkTexts(entry)
  const attributes = {
    specversion: '1.0',
    id: stamps.id,
    source: innerSource(Source),
    ...(innerSource(Source) === Source ? {} : { awssource: Source }),
    type: DetailType,
    time: timeOf(entry.Time, stamps.nowMs),
    datacontenttype: 'application/json',
    awsaccount: stamps.owner,
    awsregion: stamps.region,
    ...resourceAttributes(Resources),
    ...traceAttributes(entry.TraceHeader),
  }
  const head = JSON.stringify(attributes)
  return scanStructured(Buffer.from(`${head.slice(0, -1)},"data":${Detail}}`), options)
}

function checkTexts({ Source = '', DetailType = '', Detail = '', Resources = [] }: PutEventsEntry): void {
  if (Source === '') throw argument('Source', 'Source is a required argument.')
  if (DetailType === '') throw argument('DetailType', 'DetailType is a required argument.')
  if (Detail === '') throw argument('Detail', 'Detail is a required argument.')
  if (Source.startsWith('aws.')) {
    throw new EntryRefusal('NotAuthorizedForSourceException', 'Not authorized for the source.')
  }
  if (Source.length > sourceLengthMax)
    throw argument('Source', `It has more than ${sourceLengthMax} characters.`)
  if (DetailType.length > detailTypeLengthMax) {
    throw argument('DetailType', `It has more than ${detailTypeLengthMax} characters.`)
  }
  if (Resources.some(({ length }) => length > resourceLengthMax)) {
    throw argument('Resources', `A resource has more than ${resourceLengthMax} characters.`)
  }
  const parsed = parseJson(Buffer.from(Detail))
  if (parsed instanceof AppError || !isObject(parsed.value)) {
    throw new EntryRefusal('MalformedDetail', 'Detail is malformed.')
  }
}

function timeOf(seconds: number | undefined, nowMs: number): string {
  const timeMs = seconds === undefined ? nowMs : Math.floor(seconds) * 1_000
  if (timeMs < timeMsMin || timeMs > timeMsMax)
    throw argument('Time', 'It lies outside of the years 1 to 9999.')
  return `${new Date(timeMs).toISOString().slice(0, 19)}Z`
}

const timeMsMin = Date.parse('0001-01-01T00:00:00Z')
const timeMsMax = Date.UTC(9_999, 11, 31)

/** One resource is what the event is about; all of them are kept as a list. */
function resourceAttributes(resources: readonly string[]): { subject?: string; awsresources?: string } {
  const [only = ''] = resources
  if (resources.length === 0) return {}
  const awsresources = JSON.stringify(resources)
  return resources.length === 1 && only !== '' ? { subject: only, awsresources } : { awsresources }
}

/** The trace of an X-Ray header that names a segment; any other is kept as text. */
function traceAttributes(header: string | undefined): { traceparent?: string; awstraceheader?: string } {
  if (header === undefined) return {}
  const [, epoch, unique] = /(?:^|;)Root=1-([0-9a-f]{8})-([0-9a-f]{24})(?:;|$)/.exec(header) ?? []
  const [, parent] = /(?:^|;)Parent=([0-9a-f]{16})(?:;|$)/.exec(header) ?? []
  if (epoch === undefined || parent === undefined) return { awstraceheader: header }
  const flags = /(?:^|;)Sampled=1(?:;|$)/.test(header) ? '01' : '00'
  return { traceparent: `00-${epoch}${unique}-${parent}-${flags}` }
}

function argument(name: string, reason: string): EntryRefusal {
  return new EntryRefusal('InvalidArgument', `Parameter ${name} is not valid. Reason: ${reason}`)
}

import { compileLocator, type Places } from '../locate.ts'
import { OPEN_OBJECT, QUOTE } from '../json-text.ts'
import { decode, parseString } from '../value-text.ts'

/** What an event shows when it does not say itself where it is from. */
export interface AwsPlace {
  readonly account: string
  readonly region: string
}

/** The members of an event in the shape of AWS EventBridge, each as JSON text. */
export interface AwsEvent {
  /** All but `detail`, from `{` to before its end. */
  readonly head: string
  readonly detail: string
  /** The time as it is shown: RFC 3339 without a fraction. */
  readonly time: string
}

const names = [
  'id',
  'type',
  'source',
  'time',
  'data',
  'data_base64',
  'subject',
  'awsresources',
  'awssource',
  'awsaccount',
  'awsregion',
  'millracereplay',
] as const
type Name = (typeof names)[number]

const locate = compileLocator(names.map(name => [name]))

/**
 * A stored CloudEvent in the shape of AWS EventBridge (identity-and-aws section 11). What was published in that shape comes
 * out as it went in; data that is no object goes into `detail` as its member `data`, and a `subject` is the one resource.
 */
export function awsEvent(event: Uint8Array, place: AwsPlace): AwsEvent {
  const places = locate(event)
  const json = (name: Name): string | undefined => textAt(event, places, names.indexOf(name))
  const text = (name: Name): string | undefined => stringAt(event, places, names.indexOf(name))
  const time = secondsOf(text('time') ?? '')
  const replay = json('millracereplay')
  const head = [
    '{"version":"0"',
    `"id":${json('id') ?? '""'}`,
    `"detail-type":${json('type') ?? '""'}`,
    `"source":${json('awssource') ?? json('source') ?? '""'}`,
    `"account":${json('awsaccount') ?? JSON.stringify(place.account)}`,
    `"time":${JSON.stringify(time)}`,
    `"region":${json('awsregion') ?? JSON.stringify(place.region)}`,
    `"resources":${resourcesOf(text('awsresources'), json('subject'))}`,
    ...(replay === undefined ? [] : [`"replay-name":${replay}`]),
  ].join(',')
  return { head, detail: detailOf(event, places), time }
}

/** The whole event as one JSON text. */
export function wholeText({ head, detail }: AwsEvent): string {
  return `${head},"detail":${detail}}`
}

function detailOf(event: Uint8Array, places: Places): string {
  const data = names.indexOf('data')
  const text = textAt(event, places, data)
  if (text !== undefined) return event[places[data * 2] ?? 0] === OPEN_OBJECT ? text : `{"data":${text}}`
  const bytes = textAt(event, places, names.indexOf('data_base64'))
  return bytes === undefined ? '{}' : `{"data_base64":${bytes}}`
}

/** A producer may send anything under the name: only a list of texts counts. */
function resourcesOf(listed: string | undefined, subject: string | undefined): string {
  if (listed !== undefined && isListOfTexts(listed)) return listed
  return subject === undefined ? '[]' : `[${subject}]`
}

function isListOfTexts(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) && value.every(item => typeof item === 'string')
  } catch {
    return false
  }
}

function secondsOf(time: string): string {
  const timeMs = Date.parse(time)
  return Number.isNaN(timeMs) ? time : `${new Date(timeMs).toISOString().slice(0, 19)}Z`
}

function textAt(event: Uint8Array, places: Places, index: number): string | undefined {
  const start = places[index * 2] ?? -1
  return start === -1 ? undefined : decode(event.subarray(start, places[index * 2 + 1] ?? start))
}

function stringAt(event: Uint8Array, places: Places, index: number): string | undefined {
  const start = places[index * 2] ?? -1
  if (start === -1 || event[start] !== QUOTE) return undefined
  return parseString(event, start, places[index * 2 + 1] ?? start)
}

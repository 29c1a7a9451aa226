import {
  AppError,
  bodyJson,
  type BodyForm,
  retryNever,
  type SourceContext,
  sourceEvent,
  toAppError,
} from '@millrace/spi'

/** An entry of a stream, as the server tells it: names and values of its fields, one after the other. */
export interface Entry {
  /** `<milliseconds>-<number>`, unique within its stream. */
  readonly id: string
  readonly fields: readonly Buffer[]
}

/** What all entries of one stream have in common. */
export interface EntryOrigin {
  readonly context: Pick<SourceContext, 'account' | 'region' | 'instance' | 'name'>
  readonly database: number
  readonly stream: string
  readonly bodyField: string
  readonly bodyForm: BodyForm
}

/** Ids that are not of the server's making begin with small numbers; these are times from 2001 on. */
const plausibleMs = 1_000_000_000_000

/**
 * Entry → event. A body that is not in the form, and fields that are no UTF-8, come as base64, with the fault. Of fields of one
 * name the last one counts.
 */
export function entryEvent(
  entry: Entry,
  origin: EntryOrigin,
  id: string,
  nowMs: number,
): { readonly event: Uint8Array; readonly fault?: AppError } {
  const { account, region, instance, name } = origin.context
  const { body, fields, fault } = dataOf(entry, origin)
  const event = sourceEvent({
    id,
    source: name,
    type: 'redis:Stream:AddEntry',
    subject: `acs:redis:${region}:${account}:/instances/${instance}/databases/${origin.database}/streams/${origin.stream}`,
    timeMs: takenAtMs(entry.id) ?? nowMs,
    data: `{"stream":${JSON.stringify(origin.stream)},"entryId":${JSON.stringify(entry.id)},"fields":${JSON.stringify(fields)}${body === undefined ? '' : `,"body":${body}`}}`,
  })
  return fault === undefined ? { event } : { event, fault }
}

/** When the server took an entry in, by its id; undefined for ids that somebody else thought up. */
export function takenAtMs(entryId: string): number | undefined {
  const timeMs = Number(entryId.slice(0, entryId.indexOf('-')))
  return timeMs >= plausibleMs && timeMs <= 8_640_000_000_000_000 ? timeMs : undefined
}

interface Data {
  /** JSON text. */
  body?: string
  readonly fields: Record<string, string>
  fault?: AppError
}

function dataOf({ fields: words }: Entry, { bodyField, bodyForm }: EntryOrigin): Data {
  // Without a prototype: a field may have any name.
  const data: Data = { fields: Object.create(null) as Record<string, string> }
  for (let i = 0; i + 1 < words.length; i += 2) {
    const name = words[i]!.toString()
    const value = words[i + 1]!
    if (name !== bodyField) data.fields[name] = textOf(name, value, data)
    else {
      try {
        data.body = bodyJson(value, bodyForm)
      } catch (thrown) {
        data.body = bodyJson(value, 'binary')
        data.fault = toAppError(thrown)
      }
    }
  }
  return data
}

function textOf(name: string, value: Buffer, data: Data): string {
  const text = value.toString()
  // What is no UTF-8 would change on its way.
  if (!text.includes('\uFFFD') || Buffer.from(text).equals(value)) return text
  data.fault ??= new AppError(
    'record.malformed',
    `the field ${JSON.stringify(name.slice(0, 64))} of ${value.length} bytes is not UTF-8`,
    retryNever,
  )
  return value.toString('base64')
}

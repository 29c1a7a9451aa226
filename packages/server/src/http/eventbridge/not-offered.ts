import type { Action } from './action.ts'
import { Refusal } from './refusal.ts'

/** Actions of the interface whose subject this server does not have; each is answered with `ServiceNotEnable`. */
export const notOffered: Readonly<Record<string, string>> = {
  listPartnerEventSources: 'event sources',
  'v2/createEventSource': 'event sources',
  'v2/deleteEventSource': 'event sources',
  'v2/updateEventSource': 'event sources',
  'v2/listUserDefinedEventSources': 'event sources',
  'v2/listAliyunOfficialEventSources': 'event sources',
}

export function notOfferedActions(): Readonly<Record<string, Action>> {
  return Object.fromEntries(
    Object.entries(notOffered).map(([name, what]) => [name, { subject: 'event', run: () => refuse(what) }]),
  )
}

function refuse(what: string): never {
  throw new Refusal('ServiceNotEnable', `this server does not offer ${what} by this interface`, 403)
}

import { scanStructured } from '@millrace/cloudevents'
import { AppError, retryNever } from '@millrace/spi'
import { busKey, notFound } from '../../resources/index.ts'
import { parseJson } from '../json-body.ts'
import type { Published } from './home-page.ts'
import { eventFormBytesMax, field } from './form.ts'
import { type OverviewParts, rulesOf } from './overview.ts'
import type { Visitor } from './visitor.ts'

/** Publishes what the form holds, if this person may publish to the bus; the event is one as any other. */
export async function publishTestEvent(
  { services, permits, routes }: OverviewParts,
  { request, principal }: Visitor,
  id: string,
): Promise<Published> {
  const bus = field(request, 'bus', 127)
  const access = rulesOf(routes, 'POST', '/api/v1/buses/:bus/events')
  permits.checkRoute(principal, access, { bus }, request.raw)
  const view = services.resources.snapshots.current().buses.get(busKey(principal.account, bus))
  if (view === undefined) throw notFound('bus', bus)
  const data = parseJson(Buffer.from(field(request, 'data', eventFormBytesMax)))
  if (data instanceof AppError) {
    throw new AppError('http.invalid-json', 'the data of the event is not well-formed JSON', retryNever)
  }
  const event = {
    specversion: '1.0',
    id,
    source: field(request, 'source', 256),
    type: field(request, 'type', 256),
    datacontenttype: 'application/json',
    data: data.value,
  }
  const text = scanStructured(Buffer.from(JSON.stringify(event)), { eventBytesMax: eventFormBytesMax })
  const [outcome] = await services.ingest.accept(view, [text])
  if (outcome?.status === 'refused') throw outcome.error
  return { bus, position: String(outcome?.position ?? '') }
}

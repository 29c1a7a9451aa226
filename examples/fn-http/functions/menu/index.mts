/** The parts of a request that are used here. */
interface HttpRequest {
  rawPath: string
  queryParameters?: Record<string, string>
  body?: string
  requestContext?: { http?: { method: string } }
}

interface HttpResponse {
  statusCode: number
  headers: Record<string, string>
  body: string
}

/** In cents. */
const prices: Readonly<Record<string, number>> = { coffee: 280, tea: 240, cake: 350 }

/** Answers requests to `/prices` and `/orders`. `event` is the request, as bytes of JSON. */
export async function handler(event: Buffer): Promise<HttpResponse> {
  const { rawPath, queryParameters, body, requestContext } = JSON.parse(event.toString()) as HttpRequest
  const method = requestContext?.http?.method ?? 'GET'
  if (method === 'GET' && rawPath === '/prices') return answer(200, pricesOf(queryParameters?.['item']))
  if (method === 'POST' && rawPath === '/orders') return order(body ?? '')
  return answer(404, { error: `there is nothing at ${method} ${rawPath}` })
}

function pricesOf(item: string | undefined): Record<string, number> {
  return Object.fromEntries(Object.entries(prices).filter(([name]) => item === undefined || name === item))
}

function order(body: string): HttpResponse {
  const { items } = JSON.parse(body) as { items: string[] }
  const unknown = items.find(item => prices[item] === undefined)
  if (unknown !== undefined) return answer(422, { error: `there is no ${unknown} today` })
  const total = items.reduce((sum, item) => sum + (prices[item] ?? 0), 0)
  console.log(`${items.join(', ')}: ${total} cents`)
  return answer(201, { total })
}

function answer(statusCode: number, body: unknown): HttpResponse {
  return { statusCode, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

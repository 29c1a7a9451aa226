import { messagesOf, type Occasion } from './messages.mts'

/**
 * Sends all notifications of an event in one request to the gateway of its market. An address that the gateway refuses is
 * told in the answer, since no repetition mends it. A gateway that is away is an error, for the platform to try again.
 */
export async function handler(payload: Uint8Array): Promise<{ refused: unknown }> {
  const event = JSON.parse(new TextDecoder().decode(payload)) as Occasion
  const { market } = event.data
  const response = await fetch(`${process.env['GATEWAY_URL']}/${market}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(messagesOf(event)),
  })
  if (!response.ok) throw new Error(`the gateway of ${market} answers ${response.status}`)
  const { refused } = (await response.json()) as { refused: unknown }
  return { refused }
}

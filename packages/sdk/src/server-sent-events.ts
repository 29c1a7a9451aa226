export interface ServerSentEvent {
  readonly id: string | undefined
  readonly event: string
  readonly data: string
}

/** Longest event that is taken, in characters; a longer one ends the stream with an error. */
const eventCharactersMax = 32 * 1024 * 1024

/** Reads a `text/event-stream` body: one item per event, comments and heartbeats left out. */
export async function* readServerSentEvents(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder()
  let buffer = ''
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    buffer += decoder.decode(chunk, { stream: true })
    for (;;) {
      const end = buffer.indexOf('\n\n')
      if (end < 0) break
      const event = parseEvent(buffer.slice(0, end))
      buffer = buffer.slice(end + 2)
      if (event !== undefined) yield event
    }
    if (buffer.length > eventCharactersMax) {
      throw new RangeError(`an event of the stream is longer than ${eventCharactersMax} characters`)
    }
  }
}

function parseEvent(text: string): ServerSentEvent | undefined {
  let id: string | undefined
  let event = 'message'
  const data: string[] = []
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':')
    if (colon <= 0) continue
    const field = line.slice(0, colon)
    const value = line
      .slice(colon + 1)
      .replace(/^ /, '')
      .replace(/\r$/, '')
    if (field === 'id') id = value
    else if (field === 'event') event = value
    else if (field === 'data') data.push(value)
  }
  return data.length === 0 ? undefined : { id, event, data: data.join('\n') }
}

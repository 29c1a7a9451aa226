import type { EventHandler } from '@millrace/sdk/functions'

interface Guest {
  readonly name?: string
}

interface Greeting {
  readonly greeting: string
  readonly requestId: string
}

/** Called for each event. What is returned goes to the caller: bytes and text as they are, everything else as JSON. */
export const handler: EventHandler<Greeting> = (event, context) => {
  // The event comes as bytes, whatever they are; here they are JSON.
  const { name = 'world' } = JSON.parse(event.toString() || '{}') as Guest
  context.logger.info(`greeting ${name}`)
  return { greeting: `Hello, ${name}!`, requestId: context.requestId }
}

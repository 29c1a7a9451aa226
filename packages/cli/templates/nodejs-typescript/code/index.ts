interface Guest {
  readonly name?: string
}

interface Greeting {
  readonly greeting: string
  readonly requestId: string
}

/** Called for each event. What is returned goes to the caller: bytes and text as they are, everything else as JSON. */
export const handler = async (event: Buffer, context: { requestId: string }): Promise<Greeting> => {
  // The event comes as bytes, whatever they are; here they are JSON.
  const { name = 'world' } = JSON.parse(event.toString() || '{}') as Guest
  console.log(`greeting ${name}`)
  return { greeting: `Hello, ${name}!`, requestId: context.requestId }
}

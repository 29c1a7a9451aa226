/** Called for each event. What is returned goes to the caller: bytes and text as they are, everything else as JSON. */
export const handler = async (event, context) => {
  // The event comes as bytes, whatever they are; here they are JSON.
  const { name = 'world' } = JSON.parse(event.toString() || '{}')
  console.log(`greeting ${name}`)
  return { greeting: `Hello, ${name}!`, requestId: context.requestId }
}

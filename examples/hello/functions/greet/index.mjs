/** Greets a guest. `event` is what the rule's transform made: the data of the event, as bytes of JSON. */
export async function handler(event, context) {
  const guest = JSON.parse(event.toString())
  console.log(`Welcome, ${guest.name}!`)
  return { greeting: `Welcome, ${guest.name}!`, requestId: context.requestId }
}

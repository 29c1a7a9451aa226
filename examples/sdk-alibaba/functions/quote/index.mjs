/** Quotes an order. The event is what the caller sent: the event of a rule, or the order alone. */
export async function handler(event, context) {
  const given = JSON.parse(event.toString())
  const { order, price, pieces } = given.data ?? given
  return { order, total: price * pieces, quotedBy: context.function.name }
}

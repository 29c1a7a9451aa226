/** Writes a receipt. `event` is what the input transformer of the target made of the event. */
export async function handler(event) {
  const { order, total, from } = JSON.parse(event.toString())
  console.log(`receipt for ${order}: ${total}, ordered at ${from}`)
  return { order, total }
}

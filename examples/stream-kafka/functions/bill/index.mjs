/**
 * Gets a list of events. What it answers may name those that it could not handle: only they come again, the rest of
 * the batch is done with.
 */
export async function handler(batch) {
  const events = JSON.parse(batch.toString())
  const failed = []
  for (const { id, data } of events) {
    const { customer, total } = data.value
    if (typeof total !== 'number') failed.push({ itemIdentifier: id })
    else console.log(`billed ${customer}: ${total.toFixed(2)}`)
  }
  return { batchItemFailures: failed }
}

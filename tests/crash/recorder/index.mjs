/** Tells the ledger, over HTTP, which event it was called with; a call that the ledger did not take is a failed call. */
export async function handler(event) {
  const { id } = JSON.parse(event.toString())
  const response = await fetch(process.env.LEDGER_URL, {
    method: 'POST',
    headers: { 'millrace-event-id': id },
  })
  await response.arrayBuffer()
  if (!response.ok) throw new Error(`the ledger answered ${response.status}`)
  return {}
}

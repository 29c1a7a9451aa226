/** Gets up to sixteen messages at once; each is deleted from the queue when this has ended well. */
export async function handler(batch) {
  for (const { data } of JSON.parse(batch.toString())) {
    const { ticket, text } = data.messageBody
    console.log(`ticket ${ticket}: ${text}`)
  }
}

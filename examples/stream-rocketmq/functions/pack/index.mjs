/** Gets what the function before it has made of the orders. */
export async function handler(batch) {
  for (const { data } of JSON.parse(batch.toString()))
    console.log(`packed ${data.item} for order ${data.number}`)
}

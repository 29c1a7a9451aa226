/** Logs a reading. `event` is the text that the other function has returned. */
export async function handler(event) {
  const { at, by, load } = JSON.parse(event.toString())
  console.log(`load ${load.toFixed(2)} at ${at}, by timer ${by}`)
}

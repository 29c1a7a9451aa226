/** Gets the body of one message. */
export async function handler(event) {
  const { parcel, to } = JSON.parse(event.toString())
  console.log(`parcel ${parcel} goes to ${to} at once`)
}

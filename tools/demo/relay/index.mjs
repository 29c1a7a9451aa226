import { request } from 'node:http'

/** Makes a short notice of a pull request event and posts it on; fails, and so is retried, when nobody takes it. */
export async function handler(event) {
  const { id, type, data } = JSON.parse(event.toString())
  const notice = JSON.stringify({ type, number: data.pull_request?.number, title: data.pull_request?.title })
  const status = await post(process.env.RECEIVER_URL, id, notice)
  if (status !== 200) throw new Error(`the receiver answered ${status}`)
  return { status }
}

function post(url, id, body) {
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method: 'POST',
      headers: { 'millrace-event-id': id, 'content-type': 'application/json' },
    })
    sent.on('response', response => {
      response.resume()
      response.on('end', () => resolve(response.statusCode))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

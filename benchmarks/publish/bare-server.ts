import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { openStorage } from '@millrace/storage-lmdb'

// What publishing costs at least: read the body, parse it, wait for the group commit of the same storage, answer.
const [, , path = ''] = process.argv
const storage = await openStorage({ path })
const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const bytes = Buffer.concat(chunks)
    JSON.parse(bytes.toString())
    storage.log.append('bare', [{ bytes, acceptedAtMs: Date.now() }]).then(
      position =>
        response.writeHead(200, { 'content-type': 'application/json' }).end(`{"position":${position}}`),
      () => response.writeHead(500).end(),
    )
  })
})
server.listen(0, '127.0.0.1', () => console.log(`listening on ${(server.address() as AddressInfo).port}`))

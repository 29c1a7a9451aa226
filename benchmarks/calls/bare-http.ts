import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

// What node:http alone can do on this machine: reads the body and answers with it.
const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(Buffer.concat(chunks))
  })
})
server.listen(0, '127.0.0.1', () => console.log(`listening on ${(server.address() as AddressInfo).port}`))

import { once } from 'node:events'
import { connect } from 'node:net'

const updateBrokerSettings = 25

/** Changes settings of a broker while it runs; its administration takes one frame of JSON with a body. */
export async function changeBroker(port: number, settings: string): Promise<void> {
  const fields = {
    code: updateBrokerSettings,
    flag: 0,
    language: 'JAVA',
    opaque: 1,
    version: 497,
    extFields: {},
  }
  const header = Buffer.from(JSON.stringify(fields))
  const lengths = Buffer.alloc(8)
  lengths.writeUInt32BE(4 + header.length + Buffer.byteLength(settings), 0)
  lengths.writeUInt32BE(header.length, 4)
  const socket = connect(port, '127.0.0.1')
  try {
    socket.write(Buffer.concat([lengths, header, Buffer.from(settings)]))
    const [answer] = (await once(socket, 'data')) as [Buffer]
    const text = answer.subarray(8).toString()
    if (!text.includes('"code":0,')) throw new Error(`the broker refused: ${text}`)
  } finally {
    socket.destroy()
  }
}

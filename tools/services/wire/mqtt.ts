import { Dialogue } from './dialogue.ts'

export interface MqttLogin {
  readonly name: string
  readonly password: string
}

const kinds = { connect: 0x10, connected: 0x20, publish: 0x30, published: 0x40, subscribe: 0x82 } as const
const retain = 0x01
const atLeastOnce = 0x02

/** MQTT 3.1.1 connects; rejects with the server's code when it does not let the user in. */
export async function mqttLogin(port: number, login: MqttLogin, signal: AbortSignal): Promise<void> {
  using _dialogue = await logIn(port, login, signal)
}

/** Publishes a retained message at least once; resolves when the server has confirmed it. */
export async function mqttRetain(
  port: number,
  login: MqttLogin,
  topic: string,
  body: string,
  signal: AbortSignal,
): Promise<void> {
  using dialogue = await logIn(port, login, signal)
  send(dialogue, kinds.publish | retain | atLeastOnce, text(topic), packetNumber, Buffer.from(body))
  const { kind } = await receive(dialogue)
  if (kind !== kinds.published) throw new Error(`the server did not confirm, it sent ${kind}`)
}

/** The retained message of a topic; waits for one until `signal` aborts. */
export async function mqttRetained(
  port: number,
  login: MqttLogin,
  topic: string,
  signal: AbortSignal,
): Promise<string> {
  using dialogue = await logIn(port, login, signal)
  send(dialogue, kinds.subscribe, packetNumber, text(topic), Buffer.from([0]))
  for (;;) {
    const { kind, fields } = await receive(dialogue)
    if ((kind & 0xf0) === kinds.publish) return fields.toString('utf8', 2 + fields.readUInt16BE())
  }
}

const packetNumber = Buffer.from([0, 1])

async function logIn(port: number, login: MqttLogin, signal: AbortSignal): Promise<Dialogue> {
  const dialogue = await Dialogue.open(port, signal)
  try {
    const protocol = Buffer.concat([text('MQTT'), Buffer.from([4, 0b1100_0010, 0, 60])])
    const client = text(`millrace-${crypto.randomUUID().slice(0, 8)}`)
    send(dialogue, kinds.connect, protocol, client, text(login.name), text(login.password))
    const { kind, fields } = await receive(dialogue)
    if (kind !== kinds.connected || fields[1] !== 0)
      throw new Error(`MQTT login refused: code ${fields[1] ?? 'none'}`)
    return dialogue
  } catch (error) {
    dialogue[Symbol.dispose]()
    throw error
  }
}

/** Everything sent here is shorter than 128 bytes, whose length is one byte. */
function send(dialogue: Dialogue, kind: number, ...fields: readonly Buffer[]): void {
  const body = Buffer.concat(fields)
  if (body.length > 127) throw new Error(`a packet of ${body.length} bytes; the limit here is 127`)
  dialogue.send(Buffer.concat([Buffer.from([kind, body.length]), body]))
}

async function receive(dialogue: Dialogue): Promise<{ kind: number; fields: Buffer }> {
  const kind = (await dialogue.read(1)).readUInt8()
  let size = 0
  for (let shift = 0; ; shift += 7) {
    const byte = (await dialogue.read(1)).readUInt8()
    size |= (byte & 0x7f) << shift
    if (byte < 0x80) break
  }
  return { kind, fields: await dialogue.read(size) }
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes])
}

import { Dialogue } from './dialogue.ts'

const greeting = Buffer.from([...Buffer.from('AMQP'), 0, 0, 9, 1])
const frameEnd = 0xce
const methods = {
  start: [10, 10],
  startOk: [10, 11],
  tune: [10, 30],
  tuneOk: [10, 31],
  open: [10, 40],
  openOk: [10, 41],
  channelOpen: [20, 10],
  channelOpenOk: [20, 11],
  queueDeclare: [50, 10],
  queueDeclareOk: [50, 11],
} as const

type Method = (typeof methods)[keyof typeof methods]

export interface AmqpLogin {
  readonly name: string
  readonly password: string
}

/** Logs in and opens the virtual host `/`; rejects when the server does not let the user in. */
export async function amqpLogin(port: number, login: AmqpLogin, signal: AbortSignal): Promise<void> {
  using dialogue = await Dialogue.open(port, signal)
  await logIn(dialogue, login)
}

/** Declares a durable queue; with `mustExist` only asks for it, and rejects when it is not there. */
export async function declareQueue(
  port: number,
  login: AmqpLogin,
  queue: string,
  mustExist: boolean,
  signal: AbortSignal,
): Promise<void> {
  using dialogue = await Dialogue.open(port, signal)
  await logIn(dialogue, login)
  sendMethod(dialogue, 1, methods.channelOpen, shortText(''))
  await receiveMethod(dialogue, methods.channelOpenOk)
  const bits = mustExist ? 0b01 : 0b10
  const noArguments = Buffer.alloc(4)
  sendMethod(
    dialogue,
    1,
    methods.queueDeclare,
    Buffer.alloc(2),
    shortText(queue),
    Buffer.from([bits]),
    noArguments,
  )
  await receiveMethod(dialogue, methods.queueDeclareOk)
}

async function logIn(dialogue: Dialogue, { name, password }: AmqpLogin): Promise<void> {
  dialogue.send(greeting)
  await receiveMethod(dialogue, methods.start)
  const noProperties = Buffer.alloc(4)
  const response = longText(`\0${name}\0${password}`)
  sendMethod(dialogue, 0, methods.startOk, noProperties, shortText('PLAIN'), response, shortText('en_US'))
  const limits = await receiveMethod(dialogue, methods.tune)
  sendMethod(dialogue, 0, methods.tuneOk, limits)
  sendMethod(dialogue, 0, methods.open, shortText('/'), shortText(''), Buffer.from([0]))
  await receiveMethod(dialogue, methods.openOk)
}

function sendMethod(dialogue: Dialogue, channel: number, method: Method, ...fields: readonly Buffer[]): void {
  const payload = Buffer.concat([Buffer.alloc(4), ...fields])
  payload.writeUInt16BE(method[0], 0)
  payload.writeUInt16BE(method[1], 2)
  const head = Buffer.alloc(7)
  head.writeUInt8(1, 0)
  head.writeUInt16BE(channel, 1)
  head.writeUInt32BE(payload.length, 3)
  dialogue.send(Buffer.concat([head, payload, Buffer.from([frameEnd])]))
}

/** The fields of the next method, which must be the one that is wanted. */
async function receiveMethod(dialogue: Dialogue, wanted: Method): Promise<Buffer> {
  const head = await dialogue.read(7)
  const payload = (await dialogue.read(head.readUInt32BE(3) + 1)).subarray(0, -1)
  const seen = [payload.readUInt16BE(0), payload.readUInt16BE(2)]
  if (seen[0] !== wanted[0] || seen[1] !== wanted[1])
    throw new Error(
      `wanted AMQP method ${wanted.join('.')}, received ${seen.join('.')}: ${reasonIn(payload)}`,
    )
  return payload.subarray(4)
}

/** Closing a connection or a channel begins with a code and a text. */
function reasonIn(payload: Buffer): string {
  return payload.length > 7 ? payload.toString('utf8', 7, 7 + payload.readUInt8(6)) : ''
}

function shortText(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([Buffer.from([bytes.length]), bytes])
}

function longText(text: string): Buffer {
  const bytes = Buffer.from(text)
  const size = Buffer.alloc(4)
  size.writeUInt32BE(bytes.length)
  return Buffer.concat([size, bytes])
}

import { createHmac } from 'node:crypto'
import { type CodeTable, judgeByCode, throttledMs } from './answer.ts'
import type { ChatService } from './service.ts'

const codes: CodeTable = {
  9499: { kind: 'throttled', what: 'takes fewer messages (code 9499)', delayMs: throttledMs },
  10002: { kind: 'rejected', what: 'refused the form of the message (code 10002)' },
  11232: { kind: 'throttled', what: 'takes fewer messages (code 11232)', delayMs: throttledMs },
  19001: { kind: 'unauthorized', what: 'does not know the robot: look at its URL (code 19001)' },
  19002: { kind: 'rejected', what: 'refused the form of the message (code 19002)' },
  19021: {
    kind: 'unauthorized',
    what: 'refused the signature: look at the secret, and at the clock of this machine (code 19021)',
  },
  19022: { kind: 'unauthorized', what: 'does not let this IP address in (code 19022)' },
  19024: { kind: 'rejected', what: 'misses a keyword of the robot in the message (code 19024)' },
  230001: { kind: 'rejected', what: 'refused the form of the message (code 230001)' },
}

/** Custom robots of Feishu and Lark. Time and signature stand in the body. */
export const feishu: ChatService = {
  title: 'Feishu',
  signs: true,
  ratePerMinute: 100,
  bytesMax: 20_480,
  isMessage: value => typeof value['msg_type'] === 'string',
  textMessage: text => ({ msg_type: 'text', content: { text } }),
  request: ({ url, secret }, message, nowMs) => {
    if (secret === undefined) return { url, body: JSON.stringify(message) }
    const timestamp = String(Math.floor(nowMs / 1_000))
    // The text is the key, and nothing is signed with it.
    const sign = createHmac('sha256', `${timestamp}\n${secret}`).digest('base64')
    return { url, body: JSON.stringify({ ...message, timestamp, sign }) }
  },
  judge: answer => judgeByCode(answer, ['code', 'StatusCode'], codes),
}

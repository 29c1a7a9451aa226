import { createHmac } from 'node:crypto'
import { type CodeTable, judgeByCode, throttledMs } from './answer.ts'
import type { ChatService } from './service.ts'

const robot = 'does not accept the access token: look at the URL of the robot'

const codes: CodeTable = {
  [-1]: { kind: 'unavailable', what: 'is busy (code -1)' },
  40035: { kind: 'rejected', what: 'refused the form of the message (code 40035)' },
  43004: { kind: 'rejected', what: 'refused the form of the message (code 43004)' },
  130101: { kind: 'throttled', what: 'takes fewer messages a minute (code 130101)', delayMs: throttledMs },
  300001: { kind: 'unauthorized', what: `${robot} (code 300001)` },
  310000: {
    kind: 'unauthorized',
    what: 'refused signature, keyword or IP address: look at the secret and at the security settings of the robot (code 310000)',
  },
  400013: { kind: 'unauthorized', what: 'has no such group any more (code 400013)' },
  400101: { kind: 'unauthorized', what: `${robot} (code 400101)` },
  400102: { kind: 'unauthorized', what: 'has the robot switched off (code 400102)' },
  400105: { kind: 'rejected', what: 'does not know this kind of message (code 400105)' },
  400106: { kind: 'unauthorized', what: 'has no such robot (code 400106)' },
  410100: { kind: 'throttled', what: 'takes fewer messages a minute (code 410100)', delayMs: throttledMs },
  430101: { kind: 'rejected', what: 'takes a link in the message for unsafe (code 430101)' },
  430102: { kind: 'rejected', what: 'takes the text for improper (code 430102)' },
  430103: { kind: 'rejected', what: 'takes the picture for improper (code 430103)' },
  430104: { kind: 'rejected', what: 'takes the message for improper (code 430104)' },
}

/** Group robots of DingTalk (section 7.3 of the compatible protocol). */
export const dingtalk: ChatService = {
  title: 'DingTalk',
  signs: true,
  ratePerMinute: 20,
  bytesMax: 20_000,
  isMessage: value => typeof value['msgtype'] === 'string',
  textMessage: content => ({ msgtype: 'text', text: { content } }),
  request: ({ url, secret }, message, nowMs) => {
    const signed = new URL(url)
    if (secret !== undefined) {
      const sign = createHmac('sha256', secret).update(`${nowMs}\n${secret}`).digest('base64')
      signed.searchParams.set('timestamp', String(nowMs))
      signed.searchParams.set('sign', sign)
    }
    return { url: signed, body: JSON.stringify(message) }
  },
  judge: answer => judgeByCode(answer, ['errcode'], codes),
}

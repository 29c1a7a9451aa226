import { type CodeTable, judgeByCode, throttledMs } from './answer.ts'
import type { ChatService } from './service.ts'

const form = 'refused the form of the message'

const codes: CodeTable = {
  [-1]: { kind: 'unavailable', what: 'is busy (code -1)' },
  40008: { kind: 'rejected', what: 'does not know this kind of message (code 40008)' },
  40058: { kind: 'rejected', what: `${form} (code 40058)` },
  44004: { kind: 'rejected', what: 'refused a message without content (code 44004)' },
  45002: { kind: 'rejected', what: 'refused a message that is too long (code 45002)' },
  45009: { kind: 'throttled', what: 'takes fewer messages a minute (code 45009)', delayMs: throttledMs },
  47001: { kind: 'rejected', what: `${form} (code 47001)` },
  93000: { kind: 'unauthorized', what: 'does not accept the key: look at the URL of the robot (code 93000)' },
  93004: { kind: 'unauthorized', what: 'has the robot switched off (code 93004)' },
  93008: { kind: 'unauthorized', what: 'does not have the robot in the group any more (code 93008)' },
}

/** Group robots of WeCom. The key in the URL is all that lets in. */
export const wecom: ChatService = {
  title: 'WeCom',
  signs: false,
  ratePerMinute: 20,
  bytesMax: 4_096,
  isMessage: value => typeof value['msgtype'] === 'string',
  textMessage: content => ({ msgtype: 'text', text: { content } }),
  request: ({ url }, message) => ({ url, body: JSON.stringify(message) }),
  judge: answer => judgeByCode(answer, ['errcode'], codes),
}

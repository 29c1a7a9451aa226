import { judgeByStatus } from './answer.ts'
import type { ChatService } from './service.ts'

/** Incoming webhooks of Slack. They answer with statuses. */
export const slack: ChatService = {
  title: 'Slack',
  signs: false,
  ratePerMinute: 60,
  bytesMax: 100_000,
  isMessage: value => ['text', 'blocks', 'attachments'].some(name => name in value),
  textMessage: text => ({ text }),
  request: ({ url }, message) => ({ url, body: JSON.stringify(message) }),
  judge: judgeByStatus,
}

import type { ErrorCatalogue } from '@millrace/spi'

/** Codes of topics. */
export const topicErrors: ErrorCatalogue = {
  'topic.not-found': { status: 404, description: 'There is no such topic.' },
  'topic.message-invalid': { status: 400, description: 'A message does not fit what topics take.' },
  'topic.message-too-large': {
    status: 413,
    description: 'The message has more bytes than the topic takes, its properties included.',
  },
}

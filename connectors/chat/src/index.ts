import { checkTls, defineConnector, optionRefusal } from '@millrace/spi'
import { ChatConnection, ChatSinkOptions } from './options.ts'
import { services } from './services/index.ts'
import { ChatSink } from './sink.ts'

/** Robots of chat services, by their signed webhooks. See the README for its semantics. */
export const connector = defineConnector({
  system: 'chat',
  title: 'Chat robots',
  connection: ChatConnection,
  sink: {
    options: ChatSinkOptions,
    recordsMax: 1,
    check: options => checkOptions(options as ChatSinkOptions),
    open: (options, context) => new ChatSink(options as ChatSinkOptions, context),
  },
})

/** Never with the URL itself: it holds the key. */
function checkOptions({ service, url, secret, tls }: ChatSinkOptions): void {
  const parsed = URL.parse(url)
  if (parsed === null) throw optionRefusal('chat', 'url', 'is no URL')
  if (parsed.protocol !== 'https:' && parsed.protocol !== 'http:') {
    throw optionRefusal('chat', 'url', 'must begin with https: or http:')
  }
  if (parsed.username !== '' || parsed.password !== '' || parsed.hash !== '') {
    throw optionRefusal('chat', 'url', 'must have no user, password or fragment')
  }
  if (secret !== undefined && !services[service].signs) {
    throw optionRefusal('chat', 'secret', `does not go with ${services[service].title}, which signs nothing`)
  }
  checkTls('chat', tls)
}

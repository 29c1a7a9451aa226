import { checkTls, defineConnector, optionRefusal } from '@millrace/spi'
import { parameterNames } from './message.ts'
import { MailConnection, MailSinkOptions } from './options.ts'
import { MailSink } from './sink.ts'

/** Mail by SMTP. See the README for its semantics. */
export const connector = defineConnector({
  system: 'mail',
  title: 'Mail',
  connection: MailConnection,
  sink: {
    options: MailSinkOptions,
    recordsMax: 1,
    parameters: parameterNames,
    check: options => checkOptions(options as MailSinkOptions),
    open: (options, context) => new MailSink(options as MailSinkOptions, context),
  },
})

function checkOptions(options: MailSinkOptions): void {
  const { tls, username, password, implicitTls, starttls } = options
  checkTls('mail', tls)
  if ((username === undefined) !== (password === undefined)) {
    throw optionRefusal('mail', 'password', 'and username go together')
  }
  if (password !== undefined && !implicitTls && starttls !== 'required') {
    throw optionRefusal('mail', 'password', 'goes with implicitTls, or with starttls "required"')
  }
  for (const name of ['from', 'to', 'cc', 'bcc', 'replyTo', 'subject'] as const) {
    if (/[\u0000-\u001f\u007f]/u.test(options[name] ?? '')) {
      throw optionRefusal('mail', name, 'has a line break or another control character')
    }
  }
}

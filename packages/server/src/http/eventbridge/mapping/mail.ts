import { given, type SinkMapping } from './destination.ts'

/**
 * The target `acs.mail`: the server that takes messages in is the instance `mail`. `ReplyToAddress` is an address, or says whether the one
 * of the account is used, which is not known here; `AddressType` means nothing to SMTP.
 */
export const mailTarget: SinkMapping = members => {
  const replyTo = members.constant('ReplyToAddress')
  if (members.value('ToAddress') === undefined) members.required('ToAddress')
  return {
    sink: {
      connector: 'mail',
      instance: 'mail',
      options: given({
        from: members.required('AccountName'),
        subject: members.required('Subject'),
        replyTo: replyTo.includes('@') ? replyTo : undefined,
        bodyType: members.flag('IsHtmlBody') === true ? 'html' : 'text',
      }),
    },
    transform: members.body('Body'),
    parameters: members.values({ ToAddress: 'to' }),
  }
}

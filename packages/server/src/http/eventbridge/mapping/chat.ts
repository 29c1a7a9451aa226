import { given, type SinkMapping } from './destination.ts'

/** The target `acs.dingtalk`: a robot, whose address is the endpoint, too. */
export const dingtalkTarget: SinkMapping = members => ({
  sink: {
    connector: 'chat',
    options: given({
      service: 'dingtalk',
      url: members.constant('URL') || members.endpoint || members.required('URL'),
      secret: members.constant('SecretKey'),
    }),
  },
  transform: members.body('Body'),
})

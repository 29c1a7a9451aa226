import { bodyForm, given, type SinkMapping, type SourceMapping } from './destination.ts'

/** `SourceMQTTParameters`: a topic of an instance, or a filter of topics. */
export const mqttSource: SourceMapping = members => ({
  connector: 'mqtt',
  instance: members.required('InstanceId'),
  options: given({ topic: members.required('Topic'), bodyForm: bodyForm(members, 'BodyDataType') }),
})

/** `SinkMQTTParameters`: a topic, and what each event names below it. */
export const mqttSink: SinkMapping = members => ({
  sink: {
    connector: 'mqtt',
    instance: members.required('InstanceId'),
    options: { topic: members.required('ParentTopic') },
  },
  transform: members.body('Payload'),
  parameters: members.values({ SubTopic: 'subTopic', Mqtt5UserProperty: 'userProperties' }),
})

import type { SinkMapping } from './destination.ts'

/** Header that carries the `Token` of an HTTP target (section 7.3). */
const tokenHeader = 'x-eventbridge-signature-token'

const methods = ['POST', 'PUT', 'PATCH', 'DELETE', 'GET', 'HEAD'] as const

/** `SinkHttpsParameters`, and the targets `http` and `https`, whose method is always POST. */
export const httpSink: SinkMapping = members => {
  const url = members.constant('url') || members.endpoint || members.required('url')
  const token = members.constant('Token')
  const method = members.word('Method', methods)
  return {
    sink: {
      connector: 'http',
      options: {
        url,
        ...(method === undefined ? {} : { method }),
        ...(token === '' ? {} : { headers: { [tokenHeader]: token } }),
      },
    },
    transform: members.body('Body'),
  }
}

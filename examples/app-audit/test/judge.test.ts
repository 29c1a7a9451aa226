import { expect, test } from 'vitest'
import { type Call, judge } from '../functions/judge.mts'

const usual = ['10.', '127.0.0.1']
const all = { Version: '1', Statement: { Effect: 'Allow', Action: ['*'], Resource: '*' } }

function call(data: Partial<Call['data']>): Call {
  return {
    id: '1',
    type: 'ram:ActionTrail:ApiCall',
    subject: 's',
    data: { eventName: 'CreateUser', sourceIpAddress: '10.0.0.1', ...data },
  }
}
const reasonsOf = (data: Partial<Call['data']>): readonly string[] => judge(call(data), usual)?.reasons ?? []

test('what people do every day is no finding', () => {
  expect(judge(call({}), usual)).toBeNull()
  expect(reasonsOf({ sourceIpAddress: 'ecs.aliyuncs.com' })).toEqual([])
  expect(reasonsOf({ requestParameters: { policies: ['ReadOnlyAccess'] } })).toEqual([])
  expect(reasonsOf({ eventName: 'ConsoleSignin', userIdentity: { type: 'ram-user' } })).toEqual([])
})

test('a policy is wide when it allows everything on everything, as an object or as text', () => {
  expect(reasonsOf({ requestParameters: { document: all } })).toEqual(['policy widened'])
  expect(reasonsOf({ requestParameters: { PolicyDocument: JSON.stringify(all) } })).toEqual([
    'policy widened',
  ])
  const denial = { ...all, Statement: { ...all.Statement, Effect: 'Deny' } }
  expect(reasonsOf({ requestParameters: { document: denial } })).toEqual([])
  expect(reasonsOf({ requestParameters: { PolicyName: 'AdministratorAccess' } })).toEqual(['policy widened'])
})

test('what was refused has widened nothing and made no key', () => {
  const errorCode = 'auth.forbidden'
  expect(reasonsOf({ errorCode, requestParameters: { document: all } })).toEqual([])
  expect(reasonsOf({ errorCode, eventName: 'CreateAccessKey' })).toEqual([])
  expect(reasonsOf({ errorCode: 'auth.unauthenticated', eventName: 'Authenticate' })).toEqual([
    'secret guessed',
  ])
})

test('two reasons are more urgent than one', () => {
  const made = call({ eventName: 'CreateAccessKey' })
  expect(judge(made, usual)?.severity).toBe('medium')
  expect(judge({ ...made, data: { ...made.data, sourceIpAddress: '203.0.113.1' } }, usual)).toMatchObject({
    severity: 'high',
    reasons: ['key created', 'unusual address'],
  })
})

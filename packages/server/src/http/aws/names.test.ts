import { describe, expect, test } from 'vitest'
import { busArn, busName, ownerOf, parseArn, ruleArn } from './names.ts'

const place = { owner: '111122223333', region: 'us-east-1' }

test('an account has twelve digits, always the same', () => {
  expect(ownerOf('111122223333')).toBe('111122223333')
  expect(ownerOf('7')).toBe('000000000007')
  expect(ownerOf('1000000000000001')).toMatch(/^\d{12}$/)
  expect(ownerOf('1000000000000001')).toBe(ownerOf('1000000000000001'))
  expect(ownerOf('1000000000000001')).not.toBe(ownerOf('1000000000000002'))
})

describe('a bus', () => {
  test.each([
    [undefined, 'aws-default'],
    ['default', 'aws-default'],
    ['lab', 'lab'],
    ['arn:aws:events:us-east-1:111122223333:event-bus/default', 'aws-default'],
    ['arn:aws-cn:events:cn-north-1:111122223333:event-bus/lab', 'lab'],
  ])('%s is %s', (reference, name) => {
    expect(busName(place, reference)).toBe(name)
  })

  test.each([
    'arn:aws:events:us-east-1:444455556666:event-bus/lab',
    'arn:aws:events:us-east-1:111122223333:rule/lab',
    'arn:aws:s3:::lab',
    'arn:lab',
  ])('is not %s', reference => {
    expect(() => busName(place, reference)).toThrow(expect.objectContaining({ code: 'ValidationException' }))
  })

  test('has an ARN, and so have its rules', () => {
    expect(busArn(place, 'aws-default')).toBe('arn:aws:events:us-east-1:111122223333:event-bus/default')
    expect(ruleArn(place, 'aws-default', 'r')).toBe('arn:aws:events:us-east-1:111122223333:rule/r')
    expect(ruleArn(place, 'lab', 'r')).toBe('arn:aws:events:us-east-1:111122223333:rule/lab/r')
  })
})

test('an ARN has parts', () => {
  expect(parseArn('arn:aws:lambda:us-east-1:1:function:f:v')).toEqual({
    service: 'lambda',
    account: '1',
    resource: 'function:f:v',
  })
  expect(parseArn('acs:fc:x:1:functions/f')).toBeUndefined()
})

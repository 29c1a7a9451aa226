import { expect, test } from 'vitest'
import { parseTarget } from './target.ts'

test.each([
  ['myproj.log.example.internal:9000', 'myproj'],
  ['MyProj.cn-hangzhou.log.aliyuncs.com', 'myproj'],
  ['myproj.127.0.0.1:8400', 'myproj'],
  ['myproj.localhost', 'myproj'],
  ['127.0.0.1:8400', undefined],
  ['[::1]:8400', undefined],
  ['localhost:8400', undefined],
  ['', undefined],
])('the host %j names the project %j', (host, project) => {
  expect(parseTarget('/', host).project).toBe(project)
})

test('a path is taken apart and decoded, a query as forms write it, and what is signed stays as it was sent', () => {
  const target = parseTarget('http://p.h/logstores/a%2Db?query=x%20y+z&topic=', 'p.h')
  expect(target.text).toBe('/logstores/a%2Db?query=x%20y+z&topic=')
  expect(target.path).toEqual(['logstores', 'a-b'])
  expect([...target.query]).toEqual([
    ['query', 'x y z'],
    ['topic', ''],
  ])
  expect(parseTarget('/?', 'h').path).toEqual([])
})

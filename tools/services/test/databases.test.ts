import { expect, test } from 'vitest'
import { ownService, useService } from '../index.ts'
import { describeService } from '../vitest.ts'
import { processesThatMention } from './leftovers.ts'

await describeService('postgres', 'PostgreSQL', () => {
  test('the shared server is set up for logical replication', async () => {
    const postgres = await useService('postgres')

    expect(await postgres.query('SHOW wal_level')).toBe('logical\n')
    await expect(postgres.query('SELECT nonsense')).rejects.toThrow('nonsense')
  })

  test('a private server that is killed comes back with its rows and leaves nothing behind', async () => {
    const postgres = await ownService('postgres')
    try {
      await postgres.query('CREATE TABLE survivor (id int); INSERT INTO survivor VALUES (7)')
      await postgres.kill()
      await expect(postgres.query('SELECT 1')).rejects.toThrow('socket')

      await postgres.start()
      expect(await postgres.query('SELECT id FROM survivor')).toBe('7\n')
    } finally {
      await postgres[Symbol.asyncDispose]()
    }
    expect(processesThatMention(postgres.logFile)).toEqual([])
  })
})

await describeService('mariadb', 'MariaDB', () => {
  test('the shared server writes a binary log of rows', async () => {
    const mariadb = await useService('mariadb')

    expect(await mariadb.query('SELECT @@log_bin, @@binlog_format')).toBe('1\tROW\n')
  })

  test('a private server that is killed comes back with its rows and leaves nothing behind', async () => {
    const mariadb = await ownService('mariadb')
    try {
      await mariadb.query('CREATE TABLE survivor (id int) ENGINE=InnoDB; INSERT INTO survivor VALUES (7)')
      await mariadb.kill()
      await expect(mariadb.query('SELECT 1')).rejects.toThrow('socket')

      await mariadb.start()
      expect(await mariadb.query('SELECT id FROM survivor')).toBe('7\n')
    } finally {
      await mariadb[Symbol.asyncDispose]()
    }
    expect(processesThatMention(mariadb.logFile)).toEqual([])
  })
})

import type { CompatibleAction, CompatibleInterface } from '../compatibility.ts'

function works(name: string, note?: string): CompatibleAction {
  return { name, verdict: 'works', ...(note === undefined ? {} : { note }) }
}

function stored(name: string, note: string): CompatibleAction {
  return { name, verdict: 'stored', note }
}

function refused(name: string, note: string): CompatibleAction {
  return { name, verdict: 'refused', note }
}

const noIndex = 'searches read the logs themselves, with or without an index'

/** What `docs/reference/compatibility.md` tells of this folder. */
export const compatibleInterfaces: readonly CompatibleInterface[] = [
  {
    title: 'Alibaba Cloud Log Service, 0.6.0',
    client: '`@alicloud/log` 1.2.6 and `@alicloud/sls20201230` 5.9.0',
    guide: 'concepts/log-stores.md',
    actions: [
      works('CreateProject'),
      works('GetProject'),
      works('UpdateProject'),
      works('DeleteProject', 'with its log stores'),
      works('ListProject'),
      works(
        'CreateLogStore',
        'autoSplit, telemetryType and the like are kept and have no effect; appendMeta works',
      ),
      works('GetLogStore'),
      works('UpdateLogStore', 'the number of shards stays'),
      works('DeleteLogStore'),
      works('ListLogStores'),
      stored('CreateIndex', noIndex),
      works('GetIndex'),
      stored('UpdateIndex', noIndex),
      works('DeleteIndex'),
      works(
        'PutLogs',
        'a log whose time is more than 15 minutes ahead is refused; how old it is does not matter',
      ),
      works('GetLogs', 'searches only: SQL behind a | is refused; not faster than the logs can be read'),
      works('GetLogsV2', 'as GetLogs'),
      works('GetHistograms'),
      works('ListShards'),
      works('GetCursor'),
      works('GetCursorTime'),
      works('PullLogs', 'SPL is refused; an answer in lz4 is not made smaller, one in zstd or deflate is'),
      refused('GetProjectLogs', 'it is SQL'),
      refused('GetContextLogs', 'logs have no place among others of their source here'),
      refused('SplitShard', 'a log store is made with as many shards as it needs'),
      refused('MergeShards', 'a log store is made with as many shards as it needs'),
      refused('CreateConsumerGroup', 'readers keep their cursors themselves'),
    ],
  },
]

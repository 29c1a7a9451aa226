import { AppError, defineConnector, retryNever } from '@millrace/spi'
import { FileSinkOptions, FileSourceOptions } from './options.ts'
import { checkPath } from './place.ts'
import { FileSink } from './sink.ts'
import { FileSource } from './source.ts'

/** Files of lines, below the folders that the operator allows. See the README for what counts as one file. */
export const connector = defineConnector({
  system: 'file',
  title: 'Files of JSON lines',
  source: {
    options: FileSourceOptions,
    // A second task would read the same lines once more.
    tasksMax: 1,
    ordered: true,
    // The host hands over options that fit the schema; the type of the contract cannot say so.
    check: options => checkPaths('paths', (options as FileSourceOptions).paths),
    open: (options, context) => new FileSource(options as FileSourceOptions, context),
  },
  sink: {
    options: FileSinkOptions,
    recordsMax: 1_000,
    check: options => checkPaths('path', [(options as FileSinkOptions).path]),
    open: (options, context) => new FileSink(options as FileSinkOptions, context),
  },
})

function checkPaths(option: string, paths: readonly string[]): void {
  for (const path of paths) {
    try {
      checkPath(path)
    } catch (thrown) {
      refuse(option, thrown instanceof Error ? thrown.message : 'the path cannot be understood')
    }
  }
  if (new Set(paths).size < paths.length) refuse(option, 'a path stands there twice')
}

function refuse(option: string, reason: string): never {
  throw new AppError('options.invalid', `file: option ${option}: ${reason}`, retryNever, {
    details: { component: 'file', path: option },
  })
}

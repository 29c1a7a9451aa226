export * from './function-logs.ts'
export type { LogLine, LogQuery, NewLogLine } from './log-ring.ts'
export * from './output-reader.ts'
export type { OutputLine } from './output-splitter.ts'

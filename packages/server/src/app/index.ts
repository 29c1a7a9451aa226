export { type Config, type LogLevel, logLevels, readConfig } from './config.ts'
export { appErrors } from './errors.ts'
export { runServer, type RunningServer, type RunOptions, startServer, type StartOptions } from './server.ts'

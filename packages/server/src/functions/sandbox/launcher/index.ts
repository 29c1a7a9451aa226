export * from './direct.ts'
export * from './launch.ts'
export * from './process.ts'
export { defaultLauncherLimits, type LauncherLimits } from './run.ts'

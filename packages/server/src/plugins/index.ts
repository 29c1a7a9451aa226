export { pluginErrors } from './errors.ts'
export type { OptionsRole } from './connector-host.ts'
export {
  type ConnectorSummary,
  createPlugins,
  type Plugins,
  type PluginsOptions,
  type SourceTraits,
} from './plugins.ts'
